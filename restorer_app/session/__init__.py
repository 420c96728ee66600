"""What the program does with one open picture, without saying how it looks."""

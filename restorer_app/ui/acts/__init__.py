"""What commands do: their methods, by what they act on."""

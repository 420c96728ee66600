"""Makes what lies in models/; imported by nothing but the command line."""

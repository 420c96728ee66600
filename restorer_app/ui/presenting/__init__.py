"""What panels say about a picture: plain values made from sessions, records and proofs, a file for each panel."""

"""Parcel layers -> tables with clean outlines; class tables; predictions back into layers."""

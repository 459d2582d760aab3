"""Scenes x parcels -> the parcel series store, and the views of it that models take."""

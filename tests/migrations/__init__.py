"""Databases that earlier versions filled, brought to the present shape."""

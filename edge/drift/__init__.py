"""Whether sound, picture and readings are still those of the calibration, told without labels."""

"""The one implementation of every feature, in numpy, used in training, calibration and on the device."""

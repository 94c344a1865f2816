"""What all trainings share: the loop, its history, layers, augmentation, targets."""

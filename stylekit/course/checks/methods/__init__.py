"""Checks of lessons 11 to 14: pix2pix, CycleGAN, progressive growing, domain transfer."""

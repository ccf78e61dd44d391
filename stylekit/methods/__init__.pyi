from . import cyclegan, dcgan, dtn, gan, gatys, painter, pix2pix, progressive, single_loss

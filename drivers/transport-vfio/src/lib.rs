//! PCI functions through VFIO: registers, DMA memory, interrupts

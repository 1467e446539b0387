//! Builds the signed image: initramfs, unified kernel image, disk

//! A box's disk from the outside: copies, and what an attacker with a screwdriver does to it.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use imager::authenticode;
use imager::disk::{find, open_esp};
use imager::keys::SigningKey;
use imager::pcr;
use imager::span::Span;
use nix::unistd::{Whence, lseek64};
use serde_json::{Value, json};

use crate::HarnessError;

const UKI_FOLDER: &str = "EFI/Linux";

/// The unified kernel image on the disk: its path in the EFI system partition, which changes as boots are counted.
pub fn uki_path(disk: &Path) -> Result<String, HarnessError> {
    let names = open_esp(disk)?.list(UKI_FOLDER)?;
    let name = names.into_iter().find(|n| n.ends_with(".efi"));
    let name =
        name.ok_or_else(|| HarnessError::Box { problem: "there is no image in its EFI system partition".into() })?;
    Ok(format!("{UKI_FOLDER}/{name}"))
}

pub fn read_uki(disk: &Path) -> Result<Vec<u8>, HarnessError> {
    Ok(open_esp(disk)?.read(&uki_path(disk)?)?)
}

/// Puts another file in the unified kernel image's place.
pub fn replace_uki(disk: &Path, bytes: &[u8]) -> Result<(), HarnessError> {
    let path = uki_path(disk)?;
    let esp = open_esp(disk)?;
    esp.write(&path, bytes)?;
    Ok(esp.close()?)
}

/// Puts an image beside the one that is there; of those of the same slot ("b+3.efi", "b.efi") nothing stays.
pub fn add_image(disk: &Path, name: &str, bytes: &[u8]) -> Result<(), HarnessError> {
    let slot = |name: &str| name.split(['+', '.']).next().map(str::to_string);
    let esp = open_esp(disk)?;
    for old in esp.list(UKI_FOLDER)?.iter().filter(|old| slot(old) == slot(name)) {
        esp.remove(&format!("{UKI_FOLDER}/{old}"))?;
    }
    esp.write(&format!("{UKI_FOLDER}/{name}"), bytes)?;
    Ok(esp.close()?)
}

/// The names of the images.
pub fn images(disk: &Path) -> Result<Vec<String>, HarnessError> {
    Ok(open_esp(disk)?.list(UKI_FOLDER)?)
}

/// The image as the vendor would sign it with nothing in its initramfs.
pub fn without_system(image: &[u8], key: &SigningKey) -> Result<Vec<u8>, HarnessError> {
    let mut bytes = authenticode::unsigned("the image", image)?;
    let initramfs = pcr::section(&bytes, ".initrd")?.filter(|initramfs| !initramfs.is_empty());
    let found = initramfs.and_then(|wanted| {
        let at = bytes.windows(wanted.len().min(4096)).position(|window| wanted.starts_with(window))?;
        Some(at..at + wanted.len())
    });
    let place = found.ok_or_else(|| HarnessError::Box { problem: "there is no initramfs in its image".into() })?;
    bytes[place].fill(0);
    Ok(authenticode::sign("the image", &bytes, key)?)
}

/// Flips one bit in the middle of the unified kernel image, which is in its initramfs.
pub fn tamper_uki(disk: &Path) -> Result<(), HarnessError> {
    let mut bytes = read_uki(disk)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    replace_uki(disk, &bytes)
}

/// Takes the Secure Boot signature off the unified kernel image.
pub fn unsign_uki(disk: &Path) -> Result<(), HarnessError> {
    let bytes = authenticode::unsigned("the image on the disk", &read_uki(disk)?)?;
    replace_uki(disk, &bytes)
}

/// Signs the unified kernel image with a key that the firmware does not know.
pub fn sign_uki(disk: &Path, key: &Path, certificate: &Path) -> Result<(), HarnessError> {
    let bytes = authenticode::unsigned("the image on the disk", &read_uki(disk)?)?;
    let key = SigningKey::read(key, certificate)?;
    replace_uki(disk, &authenticode::sign("the image on the disk", &bytes, &key)?)
}

/// Puts the kernel that is inside the image where the firmware looks first, in the boot loader's place.
pub fn boot_kernel_by_firmware(disk: &Path) -> Result<(), HarnessError> {
    let kernel = kernel(disk)?;
    let esp = open_esp(disk)?;
    esp.write("EFI/BOOT/BOOTX64.EFI", &kernel)?;
    esp.write("EFI/systemd/systemd-bootx64.efi", &kernel)?;
    Ok(esp.close()?)
}

/// Has the boot loader start the kernel that is inside the image with another initramfs, by an entry of its own.
pub fn boot_kernel_by_entry(disk: &Path, initramfs: &[u8]) -> Result<(), HarnessError> {
    let kernel = kernel(disk)?;
    // It is no image that the loader lists by itself.
    replace_uki(disk, &kernel)?;
    let path = uki_path(disk)?;
    let esp = open_esp(disk)?;
    esp.make_folder("loader/entries")?;
    esp.write("EFI/Linux/other.img", initramfs)?;
    let entry = format!("title Other\nlinux /{path}\ninitrd /EFI/Linux/other.img\noptions console=ttyS0\n");
    esp.write("loader/entries/other.conf", entry.as_bytes())?;
    Ok(esp.close()?)
}

/// The kernel inside the image, without a signature.
pub fn kernel(disk: &Path) -> Result<Vec<u8>, HarnessError> {
    let kernel = pcr::section(&read_uki(disk)?, ".linux")?;
    kernel.ok_or_else(|| HarnessError::Box { problem: "there is no kernel in its image".into() })
}

/// Whether a firmware that reads the EFI system partition finds this image there, whole, under some name.
pub fn has_uki(disk: &Path, image: &[u8]) -> Result<bool, HarnessError> {
    let esp = open_esp(disk)?;
    for name in esp.list(UKI_FOLDER)?.iter().filter(|name| name.ends_with(".efi")) {
        if esp.read(&format!("{UKI_FOLDER}/{name}")).is_ok_and(|bytes| bytes == image) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where the EFI system partition is on the disk.
pub fn esp(disk: &Path) -> Result<Span, HarnessError> {
    find(disk, "coffer-esp")?.ok_or_else(|| HarnessError::Box { problem: "no EFI system partition".into() })
}

/// Where the data volume is on the disk, for `losetup --offset` or for copying it out.
pub fn data_volume(disk: &Path) -> Result<Span, HarnessError> {
    find(disk, "coffer-data")?.ok_or_else(|| HarnessError::NoDataPartition { path: disk.into() })
}

/// Rules for [`crate::Settings::disk_fault`]: a part of the disk cannot be read, in steps of so many bytes (4096: all of it). QEMU
/// takes some thousand rules on its command line at most.
pub fn unreadable(span: Span, step: u64) -> Value {
    let starts = (span.start..span.start + span.length).step_by(step as usize);
    starts.map(|at| json!({ "event": "read_aio", "errno": 5, "sector": at / 512, "once": false })).collect()
}

/// Copies the data volume into a file of its own, which stock cryptsetup opens.
pub fn extract_data_volume(disk: &Path, to: &Path) -> Result<(), HarnessError> {
    let span = data_volume(disk)?;
    copy_span(disk, to, span)
}

/// A copy that has the holes of the original.
pub fn copy_sparse(from: &Path, to: &Path) -> Result<(), HarnessError> {
    let length = fs::metadata(from).map_err(HarnessError::file("look at", from))?.len();
    // Under another name until it is whole, so that a copy that was interrupted is never taken for the disk.
    let partial = to.with_extension("partial");
    copy_span(from, &partial, Span { start: 0, length })?;
    fs::rename(&partial, to).map_err(HarnessError::file("make", to))
}

fn copy_span(from: &Path, to: &Path, span: Span) -> Result<(), HarnessError> {
    let mut source = File::open(from).map_err(HarnessError::file("open", from))?;
    let mut target = File::create(to).map_err(HarnessError::file("make", to))?;
    copy_data(&mut source, &mut target, span).map_err(HarnessError::file("copy", from))
}

fn copy_data(source: &mut File, target: &mut File, span: Span) -> std::io::Result<()> {
    target.set_len(span.length)?;
    let end = span.start + span.length;
    let mut at = span.start;
    while at < end {
        // ENXIO: nothing but a hole from here on.
        let Ok(data) = lseek64(&*source, at as i64, Whence::SeekData) else { return Ok(()) };
        let data = data as u64;
        let hole = lseek64(&*source, data as i64, Whence::SeekHole)? as u64;
        if data >= end {
            return Ok(());
        }
        source.seek(SeekFrom::Start(data))?;
        target.seek(SeekFrom::Start(data - span.start))?;
        at = hole.min(end);
        std::io::copy(&mut Read::take(&mut *source, at - data), target)?;
    }
    target.flush()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_copy_has_the_bytes_and_the_holes() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to, part) = (folder.path().join("from"), folder.path().join("to"), folder.path().join("part"));
        let mut file = File::create(&from).unwrap();
        file.write_all(b"start").unwrap();
        file.seek(SeekFrom::Start(32 << 20)).unwrap();
        file.write_all(b"middle").unwrap();
        file.set_len(64 << 20).unwrap();
        copy_sparse(&from, &to).unwrap();
        assert!(fs::read(&from).unwrap() == fs::read(&to).unwrap());
        assert!(fs::metadata(&to).unwrap().blocks() * 512 < 1 << 20);
        copy_span(&from, &part, Span { start: (32 << 20) + 3, length: 1 << 20 }).unwrap();
        let part = fs::read(&part).unwrap();
        assert!(part.len() == 1 << 20 && part.starts_with(b"dle\0"));
    }
}

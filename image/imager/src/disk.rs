//! The disk: a GPT with the EFI system partition and the place of the data volume.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::Path;

use gpt::disk::LogicalBlockSize;
use gpt::mbr::ProtectiveMBR;
use gpt::partition::Partition;
use gpt::{GptConfig, partition_types};

use crate::error::ImagerError;
use crate::esp::{self, Esp, NewFile};
use crate::keys::guid;
use crate::profile::Layout;
use crate::span::{Span, Window};

const SECTOR: u64 = 512;
const MEBIBYTE: u64 = 1 << 20;
/// Partitions start here, as everywhere: it suits every kind of flash and disk.
const FIRST: u64 = MEBIBYTE;

/// Makes the disk image, with these files in its EFI system partition; `name` decides the GUIDs.
pub fn create(path: &Path, layout: &Layout, name: &str, files: &[NewFile]) -> Result<(), ImagerError> {
    let mut file = open(path, true)?;
    let esp = Span { start: FIRST, length: layout.esp.mebibytes * MEBIBYTE };
    let data = Span { start: esp.start + esp.length, length: layout.data.mebibytes * MEBIBYTE };
    // The copy of the table at the end takes 33 sectors.
    let size = data.start + data.length + MEBIBYTE;
    file.set_len(size).map_err(ImagerError::file("size", path))?;
    write_protective_mbr(&mut file, size)?;
    let entry = |span: Span, kind, label: &str| Partition {
        part_type_guid: kind,
        part_guid: guid(&format!("{name} partition {label}")),
        first_lba: span.start / SECTOR,
        last_lba: (span.start + span.length) / SECTOR - 1,
        flags: 0,
        name: label.into(),
    };
    let partitions = BTreeMap::from([
        (1, entry(esp, partition_types::EFI, &layout.esp.label)),
        (2, entry(data, partition_types::LINUX_FS, &layout.data.label)),
    ]);
    let mut table =
        configuration().create_from_device(file, Some(guid(&format!("{name} disk")))).map_err(gpt_problem)?;
    table.update_partitions(partitions).map_err(gpt_problem)?;
    table.write().map_err(gpt_problem)?;
    let serial = u32::from_be_bytes(first_four(guid(&format!("{name} esp")).as_bytes()));
    esp::create(path, esp, serial, files)
}

/// The partition with this label, if there is one.
pub fn find(path: &Path, label: &str) -> Result<Option<Span>, ImagerError> {
    let file = File::open(path).map_err(ImagerError::file("open", path))?;
    let table = GptConfig::new().writable(false).open_from_device(file).map_err(gpt_problem)?;
    Ok(table.partitions().values().find(|p| p.name == label).map(span))
}

/// The EFI system partition of a disk or disk image.
pub fn open_esp(path: &Path) -> Result<Esp<File>, ImagerError> {
    let file = open(path, false)?;
    let table = GptConfig::new().writable(false).open_from_device(file).map_err(gpt_problem)?;
    let esp = table.partitions().values().find(|p| p.part_type_guid == partition_types::EFI).map(span);
    let esp = esp.ok_or_else(|| ImagerError::Partitions { problem: "there is no EFI system partition".into() })?;
    Esp::open(Window::new(table.take_device(), esp.start, esp.length))
}

/// Moves the table's copy to the end of a disk that is larger than the image was, and lets the last partition grow to it.
pub fn fill(device: &File, size: u64) -> Result<(), ImagerError> {
    let mut device = device.try_clone().map_err(|e| ImagerError::Partitions { problem: e.to_string() })?;
    write_protective_mbr(&mut device, size)?;
    let mut table = configuration().open_from_device(device).map_err(gpt_problem)?;
    let mut partitions = table.partitions().clone();
    if let Some(last) = partitions.values_mut().max_by_key(|p| p.first_lba) {
        last.last_lba = (size - MEBIBYTE) / MEBIBYTE * MEBIBYTE / SECTOR - 1;
    }
    // Headers are made anew from the size of the device, which is where the copy goes.
    let guid = *table.guid();
    table = configuration().create_from_device(table.take_device(), Some(guid)).map_err(gpt_problem)?;
    table.update_partitions(partitions).map_err(gpt_problem)?;
    table.write().map(drop).map_err(gpt_problem)
}

fn write_protective_mbr(file: &mut File, size: u64) -> Result<(), ImagerError> {
    let sectors = u32::try_from(size / SECTOR - 1).unwrap_or(u32::MAX);
    let mbr = ProtectiveMBR::with_lb_size(sectors);
    mbr.overwrite_lba0(file).map(drop).map_err(|e| ImagerError::Partitions { problem: e.to_string() })
}

fn configuration() -> GptConfig {
    GptConfig::new().writable(true).logical_block_size(LogicalBlockSize::Lb512).change_partition_count(true)
}

fn open(path: &Path, create: bool) -> Result<File, ImagerError> {
    let options = OpenOptions::new().read(true).write(true).create(create).truncate(create).open(path);
    options.map_err(ImagerError::file("open", path))
}

fn span(partition: &Partition) -> Span {
    Span { start: partition.first_lba * SECTOR, length: (partition.last_lba - partition.first_lba + 1) * SECTOR }
}

fn first_four(bytes: &[u8; 16]) -> [u8; 4] {
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}

fn gpt_problem(error: impl std::fmt::Display) -> ImagerError {
    ImagerError::Partitions { problem: error.to_string() }
}

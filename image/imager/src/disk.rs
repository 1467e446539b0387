//! The disk: a GPT with the EFI system partition and the place of the data volume.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use gpt::disk::LogicalBlockSize;
use gpt::mbr::ProtectiveMBR;
use gpt::partition::Partition;
use gpt::{GptConfig, GptDisk, partition_types};
use uuid::Uuid;

use crate::error::ImagerError;
use crate::esp::{self, Esp, NewFile};
use crate::keys::guid;
use crate::profile::{self, Layout};
use crate::span::{Span, Window};

/// The sizes that a disk's logical sectors have, and in which its table counts.
pub const SECTORS: [u64; 2] = [512, 4096];
const MEBIBYTE: u64 = 1 << 20;
/// Partitions start here, as everywhere: it suits every kind of flash and disk.
const FIRST: u64 = MEBIBYTE;

/// What a disk's parts are known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guids {
    pub disk: Uuid,
    pub esp: Uuid,
    pub data: Uuid,
}

impl Guids {
    /// Those that follow from a name.
    pub fn of(name: &str, layout: &Layout) -> Guids {
        let partition = |label| guid(&format!("{name} partition {label}"));
        Guids {
            disk: guid(&format!("{name} disk")),
            esp: partition(&layout.esp.label),
            data: partition(&layout.data.label),
        }
    }
}

/// Makes the disk image, for disks with sectors of this size, with these files in its EFI system partition.
pub fn create(path: &Path, layout: &Layout, guids: Guids, sector: u64, files: &[NewFile]) -> Result<(), ImagerError> {
    let mut file = open(path, true)?;
    let esp = Span { start: FIRST, length: layout.esp.mebibytes * MEBIBYTE };
    let data = Span { start: esp.start + esp.length, length: layout.data.mebibytes * MEBIBYTE };
    // The copy of the table at the end takes 33 sectors, or 5 large ones.
    let size = data.start + data.length + MEBIBYTE;
    file.set_len(size).map_err(ImagerError::file("size", path))?;
    write_protective_mbr(&mut file, size, sector)?;
    let entry = |span: Span, part_type_guid, part_guid, label: &str| Partition {
        part_type_guid,
        part_guid,
        first_lba: span.start / sector,
        last_lba: (span.start + span.length) / sector - 1,
        flags: 0,
        name: label.into(),
    };
    let partitions = BTreeMap::from([
        (1, entry(esp, partition_types::EFI, guids.esp, &layout.esp.label)),
        (2, entry(data, partition_types::LINUX_FS, guids.data, &layout.data.label)),
    ]);
    let mut table = configuration(sector).create_from_device(file, Some(guids.disk)).map_err(gpt_problem)?;
    table.update_partitions(partitions).map_err(gpt_problem)?;
    table.write().map_err(gpt_problem)?;
    let serial = u32::from_be_bytes(first_four(guids.esp.as_bytes()));
    esp::create(path, esp, sector, serial, files)
}

/// The sectors in which a disk's or disk image's table counts.
pub fn sector(file: &File) -> Result<u64, ImagerError> {
    let has_table = |sector: &u64| {
        let mut magic = [0; 8];
        file.read_exact_at(&mut magic, *sector).is_ok() && magic == *b"EFI PART"
    };
    let none = || ImagerError::Partitions { problem: "there is none".into() };
    SECTORS.into_iter().find(has_table).ok_or_else(none)
}

/// The partition with this label, if there is one.
pub fn find(path: &Path, label: &str) -> Result<Option<Span>, ImagerError> {
    let file = File::open(path).map_err(ImagerError::file("open", path))?;
    let (table, sector) = read_table(file)?;
    Ok(table.partitions().values().find(|p| p.name == label).map(|p| span(p, sector)))
}

/// The EFI system partition of a disk or disk image.
pub fn open_esp(path: &Path) -> Result<Esp<File>, ImagerError> {
    let (table, sector) = read_table(open(path, false)?)?;
    let esp = table.partitions().values().find(|p| p.part_type_guid == partition_types::EFI);
    let esp = esp.map(|p| span(p, sector));
    let esp = esp.ok_or_else(|| ImagerError::Partitions { problem: "there is no EFI system partition".into() })?;
    Esp::open(Window::new(table.take_device(), esp.start, esp.length))
}

/// How a disk image of ours is divided, and what its parts are known by.
pub fn layout(path: &Path) -> Result<(Layout, Guids), ImagerError> {
    let file = File::open(path).map_err(ImagerError::file("open", path))?;
    let (table, sector) = read_table(file)?;
    let partitions: Vec<&Partition> = table.partitions().values().collect();
    let [esp, data] = partitions.as_slice() else {
        return Err(ImagerError::Partitions { problem: "not an image of two partitions".into() });
    };
    let part =
        |p: &Partition| profile::Partition { label: p.name.clone(), mebibytes: span(p, sector).length / MEBIBYTE };
    let guids = Guids { disk: *table.guid(), esp: esp.part_guid, data: data.part_guid };
    Ok((Layout { esp: part(esp), data: part(data) }, guids))
}

/// Moves the table's copy to the end of a disk that is larger than the image was, and lets the last partition grow to it.
pub fn fill(device: &File, size: u64) -> Result<(), ImagerError> {
    let mut device = device.try_clone().map_err(|e| ImagerError::Partitions { problem: e.to_string() })?;
    let sector = sector(&device)?;
    write_protective_mbr(&mut device, size, sector)?;
    let mut table = configuration(sector).open_from_device(device).map_err(gpt_problem)?;
    let mut partitions = table.partitions().clone();
    if let Some(last) = partitions.values_mut().max_by_key(|p| p.first_lba) {
        last.last_lba = (size - MEBIBYTE) / MEBIBYTE * MEBIBYTE / sector - 1;
    }
    // Headers are made anew from the size of the device, which is where the copy goes.
    let guid = *table.guid();
    table = configuration(sector).create_from_device(table.take_device(), Some(guid)).map_err(gpt_problem)?;
    table.update_partitions(partitions).map_err(gpt_problem)?;
    table.write().map(drop).map_err(gpt_problem)
}

fn read_table(file: File) -> Result<(GptDisk<File>, u64), ImagerError> {
    let sector = sector(&file)?;
    let table = GptConfig::new().writable(false).logical_block_size(block_size(sector)).open_from_device(file);
    Ok((table.map_err(gpt_problem)?, sector))
}

fn write_protective_mbr(file: &mut File, size: u64, sector: u64) -> Result<(), ImagerError> {
    let sectors = u32::try_from(size / sector - 1).unwrap_or(u32::MAX);
    let mbr = ProtectiveMBR::with_lb_size(sectors);
    mbr.overwrite_lba0(file).map(drop).map_err(|e| ImagerError::Partitions { problem: e.to_string() })
}

fn configuration(sector: u64) -> GptConfig {
    GptConfig::new().writable(true).logical_block_size(block_size(sector)).change_partition_count(true)
}

fn block_size(sector: u64) -> LogicalBlockSize {
    if sector == 4096 { LogicalBlockSize::Lb4096 } else { LogicalBlockSize::Lb512 }
}

fn open(path: &Path, create: bool) -> Result<File, ImagerError> {
    let options = OpenOptions::new().read(true).write(true).create(create).truncate(create).open(path);
    options.map_err(ImagerError::file("open", path))
}

fn span(partition: &Partition, sector: u64) -> Span {
    Span { start: partition.first_lba * sector, length: (partition.last_lba - partition.first_lba + 1) * sector }
}

fn first_four(bytes: &[u8; 16]) -> [u8; 4] {
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}

fn gpt_problem(error: impl std::fmt::Display) -> ImagerError {
    ImagerError::Partitions { problem: error.to_string() }
}

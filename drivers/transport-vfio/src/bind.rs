//! Finding functions and handing them to vfio-pci, through sysfs: for a privileged process. No unsafe code.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    bdf::{Bdf, DEVICES},
    error::VfioError,
};

const DRIVERS_PROBE: &str = "/sys/bus/pci/drivers_probe";
const VFIO_DRIVER: &str = "vfio-pci";
const VFIO_DEVICES: &str = "/dev/vfio";

/// All functions with these ids, in bus order.
pub fn find(vendor: u16, device: u16) -> Result<Vec<Bdf>, VfioError> {
    let read = |source| VfioError::Read { path: DEVICES.into(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(DEVICES).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        let bdf: Bdf = name.to_string_lossy().parse()?;
        if id(&bdf, "vendor")? == Some(vendor) && id(&bdf, "device")? == Some(device) {
            found.push(bdf);
        }
    }
    found.sort();
    Ok(found)
}

/// Hands a function to vfio-pci, if it is not already; gives the group's device, /dev/vfio/N, for its user to open.
pub fn bind_to_vfio(bdf: &Bdf) -> Result<PathBuf, VfioError> {
    if driver(bdf)?.as_deref() != Some(VFIO_DRIVER) {
        put(&bdf.sysfs().join("driver_override"), VFIO_DRIVER)?;
        if driver(bdf)?.is_some() {
            put(&bdf.sysfs().join("driver/unbind"), &bdf.to_string())?;
        }
        put(Path::new(DRIVERS_PROBE), &bdf.to_string())?;
        if driver(bdf)?.as_deref() != Some(VFIO_DRIVER) {
            return Err(VfioError::NotBound { bdf: bdf.clone() });
        }
    }
    let group = link_name(&bdf.sysfs().join("iommu_group"))?;
    group.map(|group| Path::new(VFIO_DEVICES).join(group)).ok_or_else(|| VfioError::NoIommuGroup { bdf: bdf.clone() })
}

/// An id of a function; None if it vanished meanwhile, or sysfs says something else than a number.
fn id(bdf: &Bdf, file: &str) -> Result<Option<u16>, VfioError> {
    let path = bdf.sysfs().join(file);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().strip_prefix("0x").and_then(|hex| u16::from_str_radix(hex, 16).ok())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(VfioError::Read { path, source }),
    }
}

fn driver(bdf: &Bdf) -> Result<Option<String>, VfioError> {
    link_name(&bdf.sysfs().join("driver"))
}

/// The last part of where a link points; None if there is no link.
fn link_name(path: &Path) -> Result<Option<String>, VfioError> {
    match fs::read_link(path) {
        Ok(target) => Ok(target.file_name().map(|name| name.to_string_lossy().into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(VfioError::Read { path: path.into(), source }),
    }
}

fn put(path: &Path, text: &str) -> Result<(), VfioError> {
    fs::write(path, text).map_err(|source| VfioError::Write { path: path.into(), source })
}

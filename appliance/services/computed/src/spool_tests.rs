//! What lies in the spool's folder at a start, in all the ways in which it may be wrong.

use super::*;
use crate::request::Spec;
use crate::work::Work;

fn opened(folder: &Path) -> Found {
    Spool::open(folder, Files::start().unwrap().0).unwrap()
}

fn record(id: &str) -> Record {
    let spec = Spec { work: Work::RowSums { key_id: "k".into() }, rows: 1, columns: 1, operand_job: None };
    Record::new(id.into(), 0, "a", spec, 1, 8)
}

fn sealed(spool: &Spool, id: &str) -> Job {
    let job = spool.begin(record(id)).unwrap();
    fs::write(job.result(), b"result").unwrap();
    spool.seal(&job, None).unwrap();
    job
}

#[test]
fn a_sealed_job_is_there_again_and_an_unsealed_one_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let spool = opened(folder.path()).spool;
    sealed(&spool, "one");
    let begun = spool.begin(record("two")).unwrap();
    fs::write(begun.input(), b"operand").unwrap();
    let found = opened(folder.path());
    assert_eq!(found.jobs.iter().map(|j| j.record().id.clone()).collect::<Vec<_>>(), ["one"]);
    assert!(found.set_aside.is_empty() && !begun.folder.exists());
    found.spool.remove(&found.jobs[0]).unwrap();
    assert!(opened(folder.path()).jobs.is_empty());
}

/// Truncated at every byte, of another version, of another job, unreadable: set aside whole, and said.
#[test]
fn what_cannot_be_read_is_set_aside_with_its_result() {
    let folder = tempfile::tempdir().unwrap();
    let spool = opened(folder.path()).spool;
    let good = to_json(VERSION, &record("x")).unwrap();
    let mut contents: Vec<Vec<u8>> = (0..good.len()).step_by(7).map(|n| good[..n].to_vec()).collect();
    contents.push(to_json(VERSION + 1, &"of a newer release").unwrap());
    contents.push(to_json(VERSION, &record("another")).unwrap());
    contents.push(vec![b' '; RECORD_MAX as usize + 1]);
    contents.push(vec![0xff; 100]);
    for content in &contents {
        let job = sealed(&spool, "x");
        fs::write(job.record_file(), content).unwrap();
        let found = opened(folder.path());
        assert!(found.jobs.is_empty() && found.set_aside.len() == 1, "{:?}", String::from_utf8_lossy(content));
        assert_eq!(found.set_aside[0].0, "x");
        assert!(!found.set_aside[0].1.is_empty() && !job.folder.exists());
    }
    // A folder where the record should be cannot be read either.
    let job = sealed(&spool, "x");
    fs::remove_file(job.record_file()).unwrap();
    fs::create_dir(job.record_file()).unwrap();
    fs::write(folder.path().join("jobs/stray"), b"a file").unwrap();
    assert_eq!(opened(folder.path()).set_aside.len(), 2);
    let aside = fs::read_dir(folder.path().join("jobs/set-aside")).unwrap().map(|f| f.unwrap().path());
    let results = aside.filter(|f| f.join("result.bin").exists()).count();
    assert_eq!(results, contents.len() + 1);
    // Not again at the next start.
    assert!(opened(folder.path()).set_aside.is_empty());
}

#[test]
fn a_record_of_version_1_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let spool = opened(folder.path()).spool;
    let job = sealed(&spool, "old");
    fs::write(job.record_file(), serde_json::to_vec(&record("old")).unwrap()).unwrap();
    let found = opened(folder.path());
    assert_eq!((found.jobs.len(), found.set_aside.len()), (1, 0));
    found.spool.update(&found.jobs[0], |r| r.attempts = 1).unwrap();
    assert!(fs::read_to_string(job.record_file()).unwrap().starts_with("{\"version\":2,"));
}

//! Files as memory.
#![expect(unsafe_code, reason = "a map is sound only as long as nobody shortens or writes the file")]

use std::fs::File;
use std::io;

use bytes::Bytes;
use memmap2::Mmap;

/// Maps a whole file for reading.
pub(super) fn map_file(file: &File) -> io::Result<Bytes> {
    if file.metadata()?.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: the bytes of a map must not change, and its file must not become shorter, while it lives. What the database
    // maps (blocks, finished chunk files) is written once under another name or before it is mapped, and only ever removed
    // as a whole, which leaves maps intact. Another program that cuts these files breaks this promise, as it does
    // with every program that maps them; the directory's lock is there to keep others out.
    let map = unsafe { Mmap::map(file)? };
    Ok(Bytes::from_owner(map))
}

#[cfg(test)]
mod tests {
    use crate::Env;

    #[test]
    fn a_map_holds_what_reading_gives_also_when_the_name_is_gone() {
        let env = Env::real();
        let fs = env.fs();
        let dir = fs.create_temp_dir("emberdb-env-map").unwrap();
        for bytes in [Vec::new(), vec![7; 1], (0..100_000_u32).flat_map(u32::to_be_bytes).collect()] {
            let path = dir.join("mapped");
            let file = fs.create(&path).unwrap();
            file.write_all(&bytes).unwrap();
            let mapped = fs.map(&path).unwrap();
            assert_eq!(mapped, fs.read(&path, u64::MAX).unwrap());
            fs.hard_link(&path, &dir.join("further")).unwrap();
            fs.remove_file(&path).unwrap();
            assert_eq!(mapped, bytes, "the bytes outlive the name");
            assert_eq!(fs.map(&dir.join("further")).unwrap(), bytes);
            fs.remove_file(&dir.join("further")).unwrap();
        }
        assert!(fs.map(&dir.join("absent")).is_err());
        fs.remove_dir_all(&dir).unwrap();
    }
}

/// How much a layer may grow when it is unpacked.
public enum UnpackLimit {
    /// No archive of files is a hundred times smaller than they are, but one that is made to fill the disk.
    public static func bytes(compressed size: Int64) -> Int64 {
        let (product, isTooMuch) = size.multipliedReportingOverflow(by: 100)
        return isTooMuch ? .max : product + (64 << 20)
    }
}

public import Posix

/// A stream of bytes that is read once, front to back: a file, a request's body, a download.
public protocol ByteSource: AnyObject {
    /// Reads the next bytes.
    /// - Parameter buffer: Where they go; never empty.
    /// - Returns: How many were read, at least 1; 0 at the end.
    /// - Throws: ``OCIError`` if the stream breaks off.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(OCIError) -> Int
}

/// Where bytes are written, front to back. The bytes are valid only during the call.
public typealias ByteSink = (UnsafeRawBufferPointer) throws(OCIError) -> Void

/// How many bytes are read and written at a time.
let pieceSize = 256 * 1024

/// The bytes of an open file, from its present position.
public final class DescriptorSource: ByteSource {
    private let descriptor: Descriptor

    /// Reads from a descriptor, which stays open as long as the source lives.
    public init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Reads the next bytes (`read(2)`).
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(OCIError) -> Int {
        try system { () throws(SystemError) in try descriptor.read(into: buffer) }
    }
}

/// Bytes in memory as a stream.
public final class MemorySource: ByteSource {
    private var rest: ArraySlice<UInt8>

    /// Reads from an array.
    public init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Copies the next bytes.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(OCIError) -> Int {
        let count = min(buffer.count, rest.count)
        buffer.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
    }
}

/// Bytes that a function hands out.
public final class FunctionSource: ByteSource {
    private let next: (UnsafeMutableRawBufferPointer) throws(OCIError) -> Int

    /// Reads through a function that behaves as ``ByteSource/read(into:)``.
    public init(_ next: @escaping (UnsafeMutableRawBufferPointer) throws(OCIError) -> Int) { self.next = next }

    /// Calls the function.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(OCIError) -> Int { try next(buffer) }
}

/// A source whose bytes also go to a sink as they pass: a download that is stored and unpacked in one go.
public final class TeeSource: ByteSource {
    private let source: any ByteSource
    private let sink: ByteSink

    /// Reads from `source` and writes all of it to `sink`.
    public init(_ source: any ByteSource, to sink: @escaping ByteSink) {
        self.source = source
        self.sink = sink
    }

    /// Reads the next bytes and writes them to the sink.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(OCIError) -> Int {
        let count = try source.read(into: buffer)
        if count > 0 { try sink(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        return count
    }
}

extension ByteSource {
    /// Reads to the end, giving each piece to a function.
    func forEachPiece(_ body: (UnsafeRawBufferPointer) throws(OCIError) -> Void) throws(OCIError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

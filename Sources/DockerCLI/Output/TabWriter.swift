/// Aligns tab-separated columns as Go's `text/tabwriter` does with Docker's settings: a column is at least 10 wide and
/// three spaces from the next; the last cell of a line belongs to no column.
public struct TabWriter {
    /// The narrowest column.
    public var minimumWidth: Int
    /// Spaces between the widest cell and the next column.
    public var padding: Int

    /// A writer with Docker's widths unless told otherwise.
    public init(minimumWidth: Int = 10, padding: Int = 3) {
        self.minimumWidth = minimumWidth
        self.padding = padding
    }

    /// Aligns whole lines.
    public func align(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        // Text that ends with a newline leaves an empty last line, which stays empty.
        format(&lines, from: 0, to: lines.count, column: 0)
        return lines.map { $0.joined() }.joined(separator: "\n")
    }

    /// Pads one column through each block of lines that has it, and the columns to its right inside that block.
    private func format(_ lines: inout [[String]], from start: Int, to end: Int, column: Int) {
        var line = start
        while line < end {
            // The last cell of a line is not ended by a tab, so it is not in the column.
            guard column < lines[line].count - 1 else {
                line += 1
                continue
            }
            var blockEnd = line
            var width = minimumWidth
            while blockEnd < end, column < lines[blockEnd].count - 1 {
                width = max(width, lines[blockEnd][column].unicodeScalars.count + padding)
                blockEnd += 1
            }
            format(&lines, from: line, to: blockEnd, column: column + 1)
            for index in line..<blockEnd {
                let missing = width - lines[index][column].unicodeScalars.count
                lines[index][column] += String(repeating: " ", count: max(0, missing))
            }
            line = blockEnd
        }
    }
}

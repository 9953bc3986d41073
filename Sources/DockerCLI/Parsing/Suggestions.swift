/// Finds what was probably meant.
enum Suggestions {
    /// The candidate that is fewest typing mistakes away, if few enough: one in three letters, at least one.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        let limit = max(1, word.count / 3)
        let ranked = candidates.map { (name: $0, distance: distance(word, $0)) }.filter { $0.distance <= limit }
        // Of two that are as near, the one of the same length: a wrong letter is likelier than a missing one.
        let best = ranked.min {
            ($0.distance, abs($0.name.count - word.count), $0.name) < (
                $1.distance, abs($1.name.count - word.count), $1.name
            )
        }
        if let best { return best.name }
        // A beginning of a longer name is a mistake of another kind.
        guard word.count >= 3 else { return nil }
        return candidates.filter { $0.hasPrefix(word) }.min { $0.count < $1.count }
    }

    /// How many letters must be added, removed, replaced or swapped with their neighbour (Damerau and Levenshtein).
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left), Array(right))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var rows = [Array(0...b.count)]
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                let cost = a[i - 1] == b[j - 1] ? 0 : 1
                var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + cost)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    best = min(best, rows[i - 2][j - 2] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}

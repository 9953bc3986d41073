extension Course {
    /// How many minutes a track may take; a track that is not here has no limit.
    static let trackMinutes = ["hour": 60, "half-day": 240]

    /// What is wrong with the course's tracks: lessons that need one that is not in their track, and tracks that are too
    /// long for their name.
    public func problemsOfTracks(_ lessons: [Lesson]) -> [LessonProblem] {
        var problems: [LessonProblem] = []
        for track in FrontMatter.trackNames {
            let members = lessons.filter { $0.front.tracks.contains(track) }
            let ids = Set(members.map(\.id))
            for lesson in members {
                for needed in lesson.front.after where !ids.contains(needed) {
                    problems.append(
                        LessonProblem(
                            file: lesson.file, line: 1,
                            message: "track `\(track)`: `\(needed)` comes before, and is not in it"))
                }
            }
            let minutes = members.reduce(0) { $0 + $1.front.minutes }
            if let most = Self.trackMinutes[track], minutes > most, let last = members.last {
                problems.append(
                    LessonProblem(
                        file: last.file, line: 1,
                        message: "track `\(track)`: its lessons take \(minutes) minutes, expected \(most) at most"))
            }
        }
        return problems
    }
}

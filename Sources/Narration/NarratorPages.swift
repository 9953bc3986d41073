public import EngineAPI

extension Narrator {
    /// More on one step of the last command: all its parts, the kernel's view, all evidence, all ways to look.
    ///
    /// - Parameters:
    ///   - number: The number that the narration gave it.
    ///   - records: All records of the command.
    ///   - command: The words of the command without `docker`.
    public func why(_ number: Int, in records: [StepRecord], command: [String] = []) -> String {
        page(of: number, in: records, command) { step, page in
            let explained = step.records(of: step.group.explained)
            page.item(step, label(of: step), (step.failed ?? explained.first ?? step.lead).command)
            for (place, record) in explained.enumerated() {
                if place > 0 {
                    page.gap()
                    page.paragraph(record.command, indent: 2, style: .heading)
                }
                for part in [\Explanation.full, \.deep] {
                    if let text = step.text(part, of: record, in: language) { page.paragraph(text, indent: 2) }
                }
                tellProofs(of: record, step, on: &page, indent: 2)
            }
            let others = step.records.filter { record in !explained.contains(record) }
            if !others.isEmpty { page.gap() }
            for record in others {
                let clause = step.text(\.brief, of: record, in: language) ?? record.kind.rawValue
                page.paragraph("- \(clause)", indent: 2)
                page.paragraph(record.command, indent: 4, style: .note)
                for evidence in record.evidence.prefix(1) {
                    show(evidence, on: &page, indent: 4)
                }
                for look in step.looks(of: record) { show(look, on: &page, indent: 4) }
            }
        }
    }

    private func tellProofs(of record: StepRecord, _ step: NarratedStep, on page: inout Page, indent: Int) {
        for evidence in record.evidence { show(evidence, on: &page, indent: indent) }
        for look in step.looks(of: record) { show(look, on: &page, indent: indent) }
    }

    /// All that was read back after one step of the last command. Parameters as for ``why(_:in:command:)``.
    public func evidence(_ number: Int, in records: [StepRecord], command: [String] = []) -> String {
        page(of: number, in: records, command) { step, page in
            page.item(step, label(of: step), brief(of: step))
            for record in step.records {
                page.paragraph(record.command, indent: 2, style: .heading)
                if record.evidence.isEmpty { page.paragraph("(\(voice.noEvidence))", indent: 2, style: .note) }
                for evidence in record.evidence { show(evidence, on: &page) }
            }
        }
    }

    /// Says of steps that no kernel did so.
    private func tellSimulation(_ records: [StepRecord], on page: inout Page) {
        if records.contains(where: \.isSimulated) { page.paragraph(voice.simulatedNote, style: .note) }
    }

    private func page(
        of number: Int, in records: [StepRecord], _ command: [String], _ compose: (NarratedStep, inout Page) -> Void
    ) -> String {
        var page = newPage()
        let steps = Array(NarratedStep.grouped(records, circumstances(command)).joined())
        if let step = steps.first(where: { $0.number == number }) {
            compose(step, &page)
            tellSimulation(step.records, on: &page)
        } else {
            page.paragraph(voice.noSuchStep(number, last: steps.count))
        }
        return page.text
    }

    /// What was asked of the kernel, call by call, with results and times.
    public func trace(_ records: [StepRecord]) -> String {
        var page = newPage()
        let operations = NarratedStep.grouped(records, circumstances())
        guard !operations.isEmpty else {
            page.paragraph(voice.nothingYet)
            return page.text
        }
        // What another engine asked of the kernel is not seen from outside, and what is only planned was not asked.
        guard records.contains(where: { ![.observed, .planned].contains($0.state) }) else {
            page.paragraph(voice.noCalls)
            return page.text
        }
        for steps in operations {
            for record in steps.flatMap(\.records).sorted(by: { $0.index < $1.index }) where record.state != .planned {
                page.row("# \(record.kind.rawValue)", style: .note)
                let failure = record.failure.map { $0.errnoName ?? voice.failed }
                let calls =
                    record.calls
                    ?? [SystemCall(text: record.command, errnoName: failure, duration: record.duration)]
                for call in calls { show(call, on: &page) }
            }
        }
        page.paragraph(voice.traceLegend, style: .note)
        tellSimulation(operations.joined().flatMap(\.records), on: &page)
        return page.text
    }

    private func show(_ call: SystemCall, on page: inout Page) {
        let result = call.errnoName.map { "-1 \($0)" } ?? "0"
        let head = TemplateFilter.shortTime(call.duration).rightAligned(to: 7) + "  = " + result.padded(to: 2) + " "
        let room = page.columns - Page.margin - DisplayWidth.of(head)
        // Calls that belong together stand below each other, each whole.
        let lines = LongNumbers.shortened(call.text).split(separator: ";").flatMap { part in
            TextWrapping.lines(String(part.drop { $0 == " " }), columns: room)
        }
        for (place, line) in lines.enumerated() {
            let before = place == 0 ? head : String(repeating: " ", count: DisplayWidth.of(head))
            page.row(before + line, style: call.errnoName == nil ? .plain : .failure)
        }
    }

    /// Every step of the last command with its time, in the order in which they happened.
    public func steps(_ records: [StepRecord]) -> String {
        var page = newPage()
        let operations = NarratedStep.grouped(records, circumstances())
        guard !operations.isEmpty else {
            page.paragraph(voice.nothingYet)
            return page.text
        }
        let all = operations.joined().flatMap(\.records)
        let kindColumns = all.map { $0.kind.rawValue.count }.max() ?? 0
        let names = voice.stepColumns
        page.row(
            names.number.rightAligned(to: 4) + "  " + names.kind.padded(to: kindColumns) + "  "
                + names.time.rightAligned(to: 8) + "  " + names.command, style: .note)
        for steps in operations {
            let rows = steps.flatMap { step in step.records.map { (step.number, $0) } }
            for (number, record) in rows.sorted(by: { $0.1.index < $1.1.index }) {
                // How long another engine took is not seen from outside.
                let isTimed = record.state != .planned && record.state != .observed
                let time = isTimed ? TemplateFilter.time(record.duration) : "-"
                let mark = record.state == .failed ? voice.failed + ": " : ""
                page.row(
                    "\(number)".rightAligned(to: 4) + "  " + record.kind.rawValue.padded(to: kindColumns) + "  "
                        + time.rightAligned(to: 8) + "  " + mark + LongNumbers.shortened(record.command),
                    style: record.state == .failed ? .failure : .plain)
            }
        }
        page.paragraph(voice.stepLegend, style: .note)
        tellSimulation(all, on: &page)
        return page.text
    }
}

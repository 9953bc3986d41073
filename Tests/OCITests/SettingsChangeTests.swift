import Testing

@testable import OCI

@Suite("Changes mean what the instructions of a Dockerfile mean")
struct SettingsChangeTests {
    private func applied(_ changes: [String]) throws -> ContainerSettings {
        var settings = ContainerSettings()
        for change in changes { try settings.apply(change: change) }
        return settings
    }

    @Test("Each instruction sets its member")
    func instructions() throws {
        let settings = try applied([
            #"CMD ["sh", "-x"]"#, "entrypoint exec top", #"ENV A=1 B="two words" C='3'"#, "ENV OLD old form  here",
            "EXPOSE 80 53/udp 8000-8002/tcp", "LABEL a=b c=\"d e\"", "USER 1:2", "VOLUME /a /b", "WORKDIR /x",
            "WORKDIR y", "STOPSIGNAL SIGINT", "ONBUILD RUN make", #"SHELL ["/bin/bash", "-c"]"#, "CMD echo hi",
            "HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl localhost",
        ])
        #expect(settings.cmd == ["/bin/bash", "-c", "echo hi"])
        #expect(settings.entrypoint == ["/bin/sh", "-c", "exec top"])
        #expect(settings.env == ["A=1", "B=two words", "C=3", "OLD=old form  here"])
        #expect(settings.exposedPorts == ["53/udp", "80/tcp", "8000/tcp", "8001/tcp", "8002/tcp"])
        #expect(settings.labels == ["a": "b", "c": "d e"])
        #expect((settings.user, settings.workingDir, settings.stopSignal) == ("1:2", "/x/y", "SIGINT"))
        #expect(settings.volumes == ["/a", "/b"])
        #expect(settings.onBuild == ["RUN make"])
        #expect(settings.healthcheck?.interval == 90_000_000_000)
        #expect(settings.healthcheck?.test == ["CMD-SHELL", "curl localhost"])
    }

    @Test("A variable set again keeps its place")
    func again() throws { #expect(try applied(["ENV A=1", "ENV B=2", "ENV A=3"]).env == ["A=3", "B=2"]) }

    @Test(
        "What is no change is refused with the reason",
        arguments: [
            ("RUN make", "run is not a valid change command"), ("CMD", "CMD requires at least one argument"),
            ("ENV A", "ENV must have two arguments"), ("EXPOSE many", "invalid containerPort: many"),
            ("EXPOSE 80/icmp", "invalid proto: icmp"),
            ("SHELL bash", "SHELL requires the arguments to be in JSON form"),
            ("HEALTHCHECK --interval=soon CMD x", "time: invalid duration \"soon\""),
            ("ENV A=1 B", "Syntax error - can't find = in \"B\". Must be of the form: name=value"),
        ])
    func refusals(change: String, sentence: String) {
        #expect(throws: OCIError.invalidParameter(sentence)) { try applied([change]) }
    }
}

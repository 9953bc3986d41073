import EngineAPI
import Testing

@testable import Narration

@Suite("Pages about whole containers")
struct ViewTests {
    static let web: ContainerView = {
        let id = String(repeating: "3f9a71c0de42b86c", count: 4)
        var view = ContainerView(name: "web", id: id, image: "lab/web", status: "running")
        view.processes = [
            .init(pid: 48213, innerPid: 1, command: "/bin/sh /bin/serve"),
            .init(pid: 48220, innerPid: 7, command: "httpd -f -vv -p 80 -h /www " + String(repeating: "x", count: 200)),
        ]
        view.namespaces = [
            .init(kind: "mnt", link: "mnt:[4026532281]", owner: .own),
            .init(kind: "net", link: "net:[4026532285]", owner: .node),
            .init(kind: "user", link: "user:[4026531837]", owner: .machine),
        ]
        view.cgroup = "drydock/\(id)"
        view.limits = [.init(file: "/sys/fs/cgroup/memory/drydock/\(id)/memory.limit_in_bytes", value: "67108864")]
        view.counters = .init(
            memory: 700_000, memoryLimit: 67_108_864, processorTime: 4_000_000, tasks: 2, tasksLimit: 0)
        view.layers = ["/var/lib/drydock/node1/layers/\(id)/diff"]
        view.upper = "/var/lib/drydock/node1/containers/\(id)/upper"
        view.mounts = [
            .init(target: "/", type: "overlay", source: "overlay", options: "rw,relatime"),
            .init(target: "/etc/hosts", type: "ext4", source: "/var/lib/drydock/\(id)/hosts", options: "rw"),
            .init(target: "/proc/kcore", type: "tmpfs", source: "tmpfs", options: "ro"),
        ]
        view.networks = [
            .init(
                network: "bridge", interface: "eth0", address: "172.17.0.2/16", hostLink: "veth3f9a71c",
                bridge: "docker0", gateway: "172.17.0.1", ports: ["0.0.0.0:8080 -> 80/tcp"])
        ]
        return view
    }()

    static let stopped = ContainerView(name: "shop", id: "a", image: "lab/shop", status: "exited")

    @Test("No line is wider than the terminal; only a command to type may be", arguments: [60, 80, 200])
    func fits(columns: Int) {
        for language in Language.allCases {
            let narrator = Narrator(language: language, level: .full, columns: columns, colours: false)
            let pages = [
                narrator.inside(Self.web), narrator.inside(Self.stopped), narrator.compare(Self.web, Self.stopped),
                narrator.compare(Self.web, Self.web),
            ]
            for line in pages.joined().split(separator: "\n") where !line.hasPrefix("|   >") {
                #expect(DisplayWidth.of(line) <= columns, "\(line)")
            }
        }
    }

    @Test("A simulated container offers nothing that other programs would have to see")
    func simulated() {
        var view = Self.web
        view.isSimulated = true
        let page = Narrator(language: .en, level: .full, columns: 80, colours: false).inside(view)
        #expect(!page.contains("> !") && !page.contains("> @"))
        #expect(page.contains("simulated"))
    }

    @Test("A network in which both are offers a way to try it")
    func offersPing() {
        let page = Narrator(language: .en, level: .full, columns: 80, colours: false).compare(Self.web, Self.web)
        #expect(page.contains("> docker exec web ping -c 1 172.17.0.2"))
    }
}

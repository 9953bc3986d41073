import Narration
import OrderedJSON
import Testing

@testable import Shell

@Suite("The lab, drawn")
struct TopologyDrawingTests {
    private static func lab(_ name: String) -> JSON {
        [
            "Cable": ["Bridge": "cable0", "Subnet": "203.0.113.0/24"],
            "Nodes": [
                [
                    "Name": "node1", "Interface": "eth0", "Address": "203.0.113.1",
                    "Link": ["Up": true, "Loss": 10.0, "Rate": 1_000_000, "Delay": 0.0],
                    "Networks": [
                        [
                            "Name": "bridge", "Driver": "bridge", "Interface": "docker0", "Up": true,
                            "Addresses": ["172.17.0.1/16"],
                            "Containers": [
                                [
                                    "Name": .string(name), "Interface": "eth0", "NodeLink": "veth1234567", "Up": true,
                                    "Addresses": ["172.17.0.2"],
                                    "Ports": [
                                        [
                                            "Port": "80/tcp", "NodePort": 8080, "OnNode": true,
                                            "OnMachine": ["127.0.0.1:8080"],
                                        ]
                                    ],
                                ]
                            ],
                        ]
                    ], "HostContainers": [], "LoneContainers": ["lonely"],
                ],
                [
                    "Name": "node2", "Interface": "eth0", "Address": "203.0.113.2", "Link": ["Up": false],
                    "Networks": [], "HostContainers": [], "LoneContainers": [],
                ],
            ],
        ]
    }

    @Test("Everything hangs where it belongs")
    func treeIsDrawn() {
        let drawing = TopologyDrawing(Self.lab("web"), language: .en, columns: 80).text
        #expect(
            drawing == """
                cable  cable0  203.0.113.0/24
                +-- node1  eth0 203.0.113.1  loses 10%  at most 1mbit
                |   +-- docker0  172.17.0.1/16
                |   |   +-- veth1234567 == eth0  web  172.17.0.2
                |   |       +-- port 8080  127.0.0.1:8080  -> 80/tcp
                |   +-- without a network:  lonely
                +-X node2  eth0 203.0.113.2  (unplugged)

                """)
    }

    @Test("No line is wider than the terminal", arguments: [40, 60, 80, 200], Language.allCases)
    func fitsTheTerminal(columns: Int, language: Language) {
        let name = String(repeating: "long-name-", count: 9)
        let drawing = TopologyDrawing(Self.lab(name), language: language, columns: columns).text
        for line in drawing.split(separator: "\n") { #expect(DisplayWidth.of(line) <= columns, "\(line)") }
        #expect(drawing.contains("long-name-"))
        #expect(drawing.contains(name) == (columns == 200))
    }
}

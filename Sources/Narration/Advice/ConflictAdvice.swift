/// What is said of names, ports and things that others have or use.
extension AdviceRule {
    static let conflicts: [AdviceRule] = [
        AdviceRule("The container name \"{}\" is already in use by container") { context in
            let other = context.name + "2"
            return context.advice(
                context.say(
                    "There is a container \(context.name) already; a stopped one keeps its name, too.",
                    "\(context.name) 이름의 컨테이너가 이미 있습니다. 멈춘 컨테이너도 이름을 가지고 있습니다."),
                [
                    (
                        "docker rm -f \(context.name)",
                        context.say("removes the old one with all it has written", "이전 컨테이너와 그 안에 쓴 것을 모두 지웁니다")
                    ),
                    (
                        context.failure.verb == "rename"
                            ? "docker ps -a" : context.line(replacing: context.name, by: other),
                        context.failure.verb == "rename"
                            ? context.say("lists the names that are taken", "이미 쓰는 이름을 보여 줍니다")
                            : context.say("keeps the old one and makes another", "이전 컨테이너를 두고 하나 더 만듭니다")
                    ),
                ])
        },
        AdviceRule("Bind for {} failed: port is already allocated") { context in portInUse(context) },
        AdviceRule("listen tcp {}: bind: address already in use") { context in portInUse(context) },
        AdviceRule("listen udp {}: bind: address already in use") { context in portInUse(context) },
        AdviceRule("has active endpoints") { context in
            context.advice(
                context.say(
                    "Containers are still connected to the network; a network goes only when nobody is in it.",
                    "네트워크에 연결된 컨테이너가 남아 있습니다. 아무도 없을 때만 지울 수 있습니다."),
                [
                    (
                        "docker network inspect -f '{{range .Containers}}{{.Name}} {{end}}' \(context.lastWord)",
                        context.say("names them", "연결된 컨테이너의 이름을 보여 줍니다")
                    ),
                    (
                        "docker network disconnect \(context.lastWord) CONTAINER",
                        context.say("unplugs one of them", "그중 하나의 연결을 끊습니다")
                    ),
                ])
        },
        AdviceRule("volume is in use - [{}]") { context in
            let holder = String(context.found[0].prefix(12))
            return context.advice(
                context.say(
                    "Container \(holder) has the volume mounted, or would when it starts again.",
                    "\(holder) 컨테이너가 이 볼륨을 쓰고 있거나, 다시 시작하면 쓰게 됩니다."),
                [
                    (
                        "docker rm -f \(holder)", context.say("removes that container first", "먼저 그 컨테이너를 지웁니다")
                    ),
                    (
                        "docker ps -a --filter volume=\(context.lastWord)",
                        context.say("lists all that use it", "이 볼륨을 쓰는 컨테이너를 모두 보여 줍니다")
                    ),
                ])
        },
        AdviceRule("container {} is using its referenced image") { context in imageInUse(context) },
        AdviceRule("image is being used by running container {}") { context in imageInUse(context) },
        AdviceRule("image is being used by stopped container {}") { context in imageInUse(context) },
        AdviceRule("network with name {} already exists") { context in
            context.advice(
                context.say(
                    "There is a network \(context.name) already.", "\(context.name) 네트워크가 이미 있습니다."),
                [
                    (
                        "docker network inspect \(context.name)",
                        context.say("shows what it is", "그 네트워크를 보여 줍니다")
                    ),
                    (
                        context.line(replacing: context.name, by: context.name + "2"),
                        context.say("makes another one", "다른 이름으로 만듭니다")
                    ),
                ])
        },
        AdviceRule("Pool overlaps with other one on this address space") { context in
            context.advice(
                context.say(
                    "Another network has these addresses; two networks must not share any.",
                    "다른 네트워크가 이 주소를 쓰고 있습니다. 두 네트워크의 주소는 겹칠 수 없습니다."),
                [
                    (
                        "docker network inspect -f '{{.Name}} {{range .IPAM.Config}}{{.Subnet}}{{end}}' $(docker network ls -q)",
                        context.say("lists the addresses that are taken", "이미 쓰는 주소를 보여 줍니다")
                    )
                ])
        },
    ]

    private static func portInUse(_ context: AdviceContext) -> Advice {
        let port = String(context.found[0].split(separator: ":").last ?? "")
        let holder = context.surroundings.publisher(port)
        let free = Int(port).map { String($0 < 65535 ? $0 + 1 : 1025) } ?? ""
        let who = holder.map { context.say("Container \($0)", "\($0) 컨테이너가") }
        return context.advice(
            context.say(
                "\(who ?? "A program") has port \(port) already; a port has one owner at a time.",
                "\(who ?? "다른 프로그램이") \(port)번 포트를 이미 쓰고 있습니다. 포트의 주인은 한 번에 하나입니다."),
            [
                (
                    context.line { words in
                        words = words.map { word in
                            word.hasPrefix(port + ":") ? free + word.dropFirst(port.count) : word
                        }
                    },
                    context.say("takes the next port instead", "다음 번호의 포트를 씁니다")
                ),
                holder.map { ("docker stop \($0)", context.say("frees the port", "포트를 비웁니다")) }
                    ?? ("!ss -ltnp", context.say("shows who has which port", "어느 프로그램이 어느 포트를 쓰는지 보여 줍니다")),
            ])
    }

    private static func imageInUse(_ context: AdviceContext) -> Advice {
        let holder = String(context.found[0].prefix(12))
        return context.advice(
            context.say(
                "Container \(holder) was made from the image and needs its layers, even when it is stopped.",
                "\(holder) 컨테이너가 이 이미지로 만들어져 레이어를 쓰고 있습니다. 멈춰 있어도 마찬가지입니다."),
            [
                ("docker rm -f \(holder)", context.say("removes that container first", "먼저 그 컨테이너를 지웁니다")),
                (
                    context.line { words in
                        if let verb = words.firstIndex(of: context.failure.verb) { words.insert("-f", at: verb + 1) }
                    },
                    context.say("takes the name away at least", "이름만이라도 없앱니다")
                ),
            ])
    }
}

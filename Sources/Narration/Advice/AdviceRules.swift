/// What one kind of failure means: the words by which it is known, and what to say of it.
struct AdviceRule: Sendable {
    /// The commands that it is about; all where none is named.
    var verbs: Set<String>
    var pattern: AdvicePattern
    /// The advice; `nil` if it turns out to be another kind of failure.
    var advice: @Sendable (AdviceContext) -> Advice?

    init(_ pattern: AdvicePattern, of verbs: Set<String> = [], _ advice: @escaping @Sendable (AdviceContext) -> Advice?)
    {
        self.verbs = verbs
        self.pattern = pattern
        self.advice = advice
    }

    /// All rules; the first that fits is taken.
    static let all = mistypings + states + conflicts + missing

    // MARK: The command line

    private static let mistypings: [AdviceRule] = [
        // docker run busybox -it
        AdviceRule("exec: \"-{}\": executable file not found in $PATH", of: ["run", "create"]) { context in
            let flag = "-" + context.found[0]
            guard let place = context.failure.words.firstIndex(of: flag), place > 1 else { return nil }
            return context.advice(
                context.say(
                    "Flags of docker run stand before the image; what follows it is the command to run inside, and \(flag) is none.",
                    "docker run 명령의 옵션은 이미지 앞에 씁니다. 이미지 뒤는 안에서 실행할 명령인데 \(flag) 명령은 없습니다."),
                [
                    (
                        context.line { words in
                            words.remove(at: place)
                            words.insert(flag, at: (words.firstIndex(of: context.failure.verb) ?? 0) + 1)
                        }, context.say("gives \(flag) to docker run", "\(flag) 옵션을 docker run 명령에 줍니다")
                    )
                ])
        },
        AdviceRule("unknown flag: --name", of: ["exec"]) { context in
            var words = context.failure.words
            guard let place = words.firstIndex(where: { $0 == "--name" || $0.hasPrefix("--name=") }) else { return nil }
            let flag = words.remove(at: place)
            if let sign = flag.firstIndex(of: "=") {
                words.insert(String(flag[flag.index(after: sign)...]), at: place)
            }
            let line = (["docker"] + words.map(ShellQuoting.quoted)).joined(separator: " ")
            return context.advice(
                context.say(
                    "exec makes no container, so there is nothing to name: its first argument is the container that it enters.",
                    "exec 명령은 컨테이너를 만들지 않으므로 이름을 붙일 것이 없습니다. 첫 인수가 들어갈 컨테이너입니다."),
                [(line, context.say("runs the command in that container", "그 컨테이너 안에서 명령을 실행합니다"))])
        },
        // Docker's sentence names only the letters; that there must be two of them it leaves to its pattern.
        AdviceRule("Invalid container name ({}), only") { context in
            let name = context.found[0].hasPrefix("/") ? String(context.found[0].dropFirst()) : context.found[0]
            let allowed = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) ? $0 : "-" }
            var better = String(allowed.drop { "_.-".contains($0) })
            if better.count == 1 { better += "1" }
            let isShort = name.count == 1 && better.hasPrefix(name)
            return context.advice(
                isShort
                    ? context.say(
                        "The name of a container has two characters at least.",
                        "컨테이너 이름은 두 글자 이상이어야 합니다.")
                    : context.say(
                        "The name of a container begins with a letter or a digit; a-z, A-Z, digits, _ . and - may follow.",
                        "컨테이너 이름은 영문자나 숫자로 시작하고 a-z, A-Z, 숫자, _ . - 만 이어질 수 있습니다."),
                [
                    better.isEmpty
                        ? nil
                        : (
                            context.line { words in
                                let place = words.firstIndex { $0 == name || $0 == "--name=" + name }
                                if let place { words[place] = words[place].dropLast(name.count) + better }
                            }, context.say("has a name that is allowed", "쓸 수 있는 이름을 붙입니다")
                        )
                ])
        },
        AdviceRule("the input device is not a TTY") { context in
            context.advice(
                context.say(
                    "-t needs a terminal to pass on, and the input comes from a file or a pipe.",
                    "-t 옵션에는 터미널이 필요한데, 입력이 파일이나 파이프에서 옵니다."),
                [
                    (
                        context.line { words in
                            words = words.map { $0 == "-it" || $0 == "-ti" ? "-i" : $0 }.filter { $0 != "-t" }
                        }, context.say("reads the input without a terminal", "터미널 없이 입력을 읽습니다")
                    )
                ])
        },
        AdviceRule("exec: \"{}\": executable file not found in $PATH", of: ["run", "create", "start", "exec"]) {
            context in
            let program = context.found[0]
            let shell = program == "bash" || program.hasSuffix("/bash")
            return context.advice(
                context.say(
                    "The image has no program \(program): a container sees the image's files, not your machine's.",
                    "이미지에 \(program) 프로그램이 없습니다. 컨테이너는 이 컴퓨터가 아니라 이미지의 파일을 봅니다."),
                [
                    shell
                        ? (
                            context.line(replacing: program, by: "sh"),
                            context.say("uses the shell that small images have", "작은 이미지에도 있는 셸을 씁니다")
                        ) : nil,
                    (
                        "docker run --rm \(context.image) ls /bin",
                        context.say("lists the programs that it has", "이미지에 있는 프로그램을 봅니다")
                    ),
                ])
        },
        AdviceRule("exec: \"{}\": stat {}: no such file or directory") { context in
            context.advice(
                context.say(
                    "The image has no file \(context.found[0]): a container sees the image's files, not your machine's.",
                    "이미지에 \(context.found[0]) 파일이 없습니다. 컨테이너는 이 컴퓨터가 아니라 이미지의 파일을 봅니다."),
                [
                    context.found[0].hasSuffix("/bash")
                        ? (
                            context.line(replacing: context.found[0], by: "sh"),
                            context.say("uses the shell that small images have", "작은 이미지에도 있는 셸을 씁니다")
                        ) : nil,
                    (
                        "docker run --rm \(context.image) ls /bin",
                        context.say("lists the programs that it has", "이미지에 있는 프로그램을 봅니다")
                    ),
                ])
        },
        AdviceRule("exec: \"{}\": permission denied") { context in
            context.advice(
                context.say(
                    "\(context.found[0]) is there, but it is a directory or not marked as a program (chmod +x).",
                    "\(context.found[0]) 파일은 있지만 디렉터리이거나 실행 권한(chmod +x)이 없습니다."),
                [
                    (
                        "docker run --rm \(context.image) ls -ld \(context.found[0])",
                        context.say("shows what it is", "무엇인지 보여 줍니다")
                    )
                ])
        },
        AdviceRule("If you intended to pass a host directory, use absolute path") { context in
            context.advice(
                context.say(
                    "A word without / before it is the name of a volume; a directory of your machine begins with /.",
                    "앞에 /가 없는 말은 볼륨 이름입니다. 이 컴퓨터의 디렉터리는 /로 시작합니다."),
                [
                    (
                        context.line { words in
                            guard let flag = words.firstIndex(where: { $0 == "-v" || $0 == "--volume" }),
                                words.indices.contains(flag + 1)
                            else { return }
                            words[flag + 1] = "$PWD/" + words[flag + 1]
                        }.replacing("'", with: ""),
                        context.say("binds the directory below the one you are in", "현재 디렉터리 아래의 것을 연결합니다")
                    )
                ])
        },
    ]

    // MARK: States

    private static let states: [AdviceRule] = [
        AdviceRule("You cannot attach to a stopped container") { context in
            context.advice(
                context.say(
                    "\(context.target) does not run, so it has no process whose streams one could join.",
                    "\(context.target) 컨테이너가 실행 중이 아니어서 연결할 프로세스가 없습니다."),
                [
                    (
                        "docker start -ai \(context.target)",
                        context.say("starts it and attaches at once", "시작하면서 바로 연결합니다")
                    ),
                    (
                        "docker logs \(context.target)",
                        context.say("shows what it printed when it ran", "실행 중에 출력한 것을 보여 줍니다")
                    ),
                ])
        },
        AdviceRule("You cannot attach to a paused container") { context in unpause(context) },
        AdviceRule("is paused, unpause the container") { context in unpause(context) },
        AdviceRule("cannot start a paused container") { context in unpause(context) },
        AdviceRule("You cannot remove a {} container {}. ") { context in
            context.advice(
                context.say(
                    "\(context.target) is \(context.found[0]), and what is in use is not removed.",
                    "\(context.target) 컨테이너가 \(context.found[0]) 상태여서 지우지 않습니다."),
                [
                    (
                        context.found[0] == "paused"
                            ? "docker unpause \(context.target); docker stop \(context.target)"
                            : "docker stop \(context.target)",
                        context.say("lets it end first; then docker rm works", "먼저 끝냅니다. 그다음 docker rm 명령이 됩니다")
                    ),
                    (
                        "docker rm -f \(context.target)",
                        context.say("kills and removes it at once", "바로 강제로 끝내고 지웁니다")
                    ),
                ])
        },
        AdviceRule("is not running", of: ["exec", "top", "stop", "kill", "pause", "attach"]) { context in
            context.advice(
                context.say(
                    "\(context.target) has ended or was never started; only a running container has processes.",
                    "\(context.target) 컨테이너가 끝났거나 시작되지 않았습니다. 실행 중인 컨테이너에만 프로세스가 있습니다."),
                [
                    (
                        "docker start \(context.target)", context.say("starts it", "시작합니다")
                    ),
                    (
                        "docker ps -a --filter name=\(context.target)",
                        context.say("shows how it ended", "어떻게 끝났는지 보여 줍니다")
                    ),
                ])
        },
        AdviceRule("is not paused", of: ["unpause"]) { context in
            context.advice(
                context.say("\(context.target) was not paused.", "\(context.target) 컨테이너는 일시정지 상태가 아닙니다."),
                [("docker ps -a", context.say("lists all containers with their states", "모든 컨테이너와 상태를 보여 줍니다"))])
        },
    ]

    private static func unpause(_ context: AdviceContext) -> Advice {
        context.advice(
            context.say(
                "\(context.target) is paused: the kernel has stopped all of its processes where they stood.",
                "\(context.target) 컨테이너는 일시정지 상태입니다. 커널이 모든 프로세스를 멈춰 두었습니다."),
            [
                ("docker unpause \(context.target)", context.say("lets them go on", "다시 움직이게 합니다")),
                ("docker stop \(context.target)", context.say("ends it instead", "대신 끝냅니다")),
            ])
    }

    // MARK: Conflicts

    private static let conflicts: [AdviceRule] = [
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

    // MARK: What is not there

    private static let missing: [AdviceRule] = [
        AdviceRule("No such container: {}") { context in
            let near = context.surroundings.containerNear(context.name)
            return context.advice(
                context.say(
                    "There is no container \(context.name)\(near.map { "; there is \($0)" } ?? "").",
                    "\(context.name) 컨테이너가 없습니다.\(near.map { " \($0) 컨테이너는 있습니다." } ?? "")"),
                [
                    near.map {
                        (
                            context.line(replacing: context.name, by: $0),
                            context.say("means that one", "그 컨테이너에 실행합니다")
                        )
                    }, ("docker ps -a", context.say("lists all, stopped ones too", "멈춘 것까지 모두 보여 줍니다")),
                ])
        },
        AdviceRule("Unable to find image '{}' locally") { context in noImage(context, context.found[0]) },
        AdviceRule("No such image: {}") { context in noImage(context, context.found[0]) },
        AdviceRule("pull access denied for {}, repository") { context in noImage(context, context.found[0]) },
        AdviceRule("network {} not found", of: ["network"]) { context in
            context.advice(
                context.say(
                    "There is no network \(context.name).", "\(context.name) 네트워크가 없습니다."),
                [("docker network ls", context.say("lists those that there are", "있는 네트워크를 보여 줍니다"))])
        },
        AdviceRule("network {} not found") { context in
            context.advice(
                context.say(
                    "There is no network \(context.name).", "\(context.name) 네트워크가 없습니다."),
                [
                    (
                        "docker network create \(context.name)", context.say("makes it", "새로 만듭니다")
                    ), ("docker network ls", context.say("lists those that there are", "있는 네트워크를 보여 줍니다")),
                ])
        },
        AdviceRule("get {}: no such volume") { context in
            context.advice(
                context.say("There is no volume \(context.name).", "\(context.name) 볼륨이 없습니다."),
                [
                    ("docker volume ls", context.say("lists those that there are", "있는 볼륨을 보여 줍니다")),
                    ("docker volume create \(context.name)", context.say("makes it", "새로 만듭니다")),
                ])
        },
        AdviceRule("bind source path does not exist: {}") { context in
            context.advice(
                context.say(
                    "--mount wants the directory to be there; only -v makes a missing one.",
                    "--mount 옵션은 디렉터리가 미리 있어야 합니다. 없을 때 만드는 것은 -v 옵션뿐입니다."),
                [("!mkdir -p \(context.name)", context.say("makes it", "디렉터리를 만듭니다"))])
        },
    ]

    private static func noImage(_ context: AdviceContext, _ reference: String) -> Advice {
        let name = reference.hasSuffix(":latest") ? String(reference.dropLast(7)) : reference
        let asked = context.failure.words.contains(reference) ? reference : name
        let near = context.surroundings.imageNear(name)
        return context.advice(
            context.say(
                "There is no image \(name) on this node\(near.map { "; there is \($0)" } ?? "").",
                "이 노드에 \(name) 이미지가 없습니다.\(near.map { " \($0) 이미지는 있습니다." } ?? "")"),
            [
                near.map {
                    (context.line(replacing: asked, by: $0), context.say("means that one", "그 이미지를 씁니다"))
                }, ("docker images", context.say("lists the images that are here", "여기 있는 이미지를 보여 줍니다")),
            ])
    }
}

extension AdviceContext {
    /// The command's last word.
    fileprivate var lastWord: String { failure.words.last ?? "" }

    /// The image of a `run`: the first word that is neither a flag nor looks like a flag's value.
    fileprivate var image: String {
        let known = Set(surroundings.images())
        return failure.words.first { known.contains($0) } ?? "busybox"
    }
}

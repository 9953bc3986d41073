/// What is said of lines that were typed wrong.
extension AdviceRule {
    static let mistypings: [AdviceRule] = [
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
        AdviceRule("invalid mount path: '{}' mount path must be absolute") { context in
            let path = context.found[0]
            return context.advice(
                context.say(
                    "Where it is to be in the container stands behind the colon, and begins with /.",
                    "컨테이너 안의 자리는 쌍점 뒤에 쓰고, /로 시작합니다."),
                [
                    (
                        context.line { words in
                            words = words.map { word in
                                var parts = word.split(separator: ":", omittingEmptySubsequences: false).map(
                                    String.init)
                                guard parts.count > 1, parts[1] == path else { return word }
                                parts[1] = "/" + path
                                return parts.joined(separator: ":")
                            }
                        }, context.say("mounts it at /\(path)", "/\(path) 자리에 마운트합니다")
                    )
                ])
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
}

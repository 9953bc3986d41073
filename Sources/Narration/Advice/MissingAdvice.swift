/// What is said of what is not there.
extension AdviceRule {
    static let missing: [AdviceRule] = [
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

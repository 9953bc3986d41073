/// What is said of containers whose state forbids what was asked.
extension AdviceRule {
    static let states: [AdviceRule] = [
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
}

import OrderedJSON
import Testing

@testable import DockerCLI

@Suite struct TemplateTests {
    private static let container: JSON = [
        "Id": "1fff1cbbaec9", "Name": "/web", "Created": "2026-11-24T22:24:04.235581553Z",
        "State": [
            "Status": "running", "Running": true, "Paused": false, "Restarting": false, "OOMKilled": false,
            "Dead": false,
            "Pid": 23662, "ExitCode": 0, "Error": "", "StartedAt": "2026-11-24T22:24:04.78Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
        ],
        "HostConfig": ["RestartPolicy": ["Name": "no", "MaximumRetryCount": 0], "NanoCpus": 5, "PidsLimit": nil],
        "Mounts": [
            [
                "Type": "bind", "Source": "/tmp", "Destination": "/x", "Mode": "ro", "RW": false,
                "Propagation": "rprivate",
            ],
            [
                "Type": "volume", "Name": "vol1", "Source": "/v", "Destination": "/y", "Driver": "local", "Mode": "z",
                "RW": true, "Propagation": "",
            ],
        ],
        "Config": ["Labels": ["c": "d", "a": "b"], "Cmd": ["sleep", "1000"], "Image": "busybox"],
        "NetworkSettings": [
            "Ports": [
                "80/tcp": [["HostIp": "0.0.0.0", "HostPort": "8080"], ["HostIp": "::", "HostPort": "8080"]],
                "53/udp": [["HostIp": "0.0.0.0", "HostPort": "53"]], "99/tcp": nil,
            ],
            "Networks": ["bridge": ["IPAddress": "172.17.0.2"]],
        ],
    ]

    /// What `docker inspect -f` prints: the Go type first, the JSON as it came if that fails.
    private static func inspect(_ format: String) -> String {
        do {
            let template = try GoTemplate(format)
            do { return try template.execute(GoTypes.decode(container, as: "container.InspectResponse")) } catch {
                return try template.execute(TemplateValue(raw: container), missingKey: .error)
            }
        } catch {
            return "\(error)"
        }
    }

    // Each line was printed by Docker's client 28.2.2 for such a container.
    @Test(
        arguments: [
            ("{{.Id}} {{.Name}}", "1fff1cbbaec9 /web"),
            ("{{.ID}}", "1fff1cbbaec9"),
            (
                "{{.State}}",
                "{running true false false false false 23662 0  2026-11-24T22:24:04.78Z 0001-01-01T00:00:00Z <nil>}"
            ),
            ("{{.State.Status}} {{.State.Health}} {{.State.Running}}", "running <nil> true"),
            (
                "{{.State.Health.Status}}",
                #"template: :1:8: executing "" at <.State.Health.Status>: map has no entry for key "Health""#
            ),
            ("{{.Mounts}}", "[{bind  /tmp /x  ro false rprivate} {volume vol1 /v /y local z true }]"),
            ("{{.NetworkSettings.Ports}}", "map[53/udp:[{0.0.0.0 53}] 80/tcp:[{0.0.0.0 8080} {:: 8080}] 99/tcp:[]]"),
            ("{{.NetworkSettings.Networks.bridge.IPAddress}}", "172.17.0.2"),
            ("{{.Config.Labels}} {{.Config.Cmd}}", "map[a:b c:d] [sleep 1000]"),
            (#"{{index .Config.Labels "a"}}"#, "b"),
            ("{{.Config.Labels.zz}}", "<no value>"),
            ("{{.Foo}}", #"template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo""#),
            (
                "{{.State.Status.x}}",
                #"template: :1:8: executing "" at <.State.Status.x>: can't evaluate field x in type interface {}"#
            ),
            ("{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}", "/tmp:/x /v:/y "),
            ("{{json .HostConfig.RestartPolicy}}", #"{"Name":"no","MaximumRetryCount":0}"#),
            ("{{len .Mounts}}", "2"),
            ("{{.HostConfig.RestartPolicy}}", "{no 0}"),
            ("{{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}", "5 <no value>"),
            ("{{.HostConfig.NanoCPUs}} {{.HostConfig.PidsLimit}}", "5 <nil>"),
            (#"{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}"#, "8080"),
            (#"{{index .NetworkSettings.Ports "80/tcp" 0}}"#, "map[HostIp:0.0.0.0 HostPort:8080]"),
            ("{{", "template: :1: unclosed action"),
            ("{{.Name", "template: :1: unclosed action"),
            ("{{foo}}", #"template: :1: function "foo" not defined"#),
            (
                "{{index .Mounts 5}}",
                #"template: :1:2: executing "" at <index .Mounts 5>: error calling index: index out of range: 5"#
            ),
            ("{{if}}x{{end}}", "template: :1: missing value for if"),
            ("{{end}}", "template: :1: unexpected {{end}}"),
            ("{{else}}", "template: :1: unexpected {{else}}"),
            ("{{range .Mounts}}", "template: :1: unexpected EOF"),
            ("{{len 3}}", #"template: :1:2: executing "" at <len 3>: error calling len: len of type int"#),
            (
                #"{{eq 1 "a"}}"#,
                #"template: :1:2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison"#
            ),
            (
                "{{lt .State 1}}",
                #"template: :1:2: executing "" at <lt .State 1>: error calling lt: invalid type for comparison"#
            ),
            (#"{{"a}}"#, "template: :1: unterminated quoted string"),
            (#"{{template "x"}}"#, #"template: :1:11: executing "" at <{{template "x"}}>: template "x" not defined"#),
            ("{{$x}}", #"template: :1: undefined variable "$x""#),
            (#"{{printf "%d" "x"}}"#, "%!d(string=x)"),
            (
                "{{range .State.Status}}x{{end}}",
                #"template: :1:14: executing "" at <.State.Status>: range can't iterate over running"#
            ),
            ("{{1 2}}", #"template: :1:2: executing "" at <1>: can't give argument to non-function 1"#),
            (
                #"{{printf "%v %+v %T %5.2f %x" .State.Running .HostConfig.RestartPolicy .Name 3.14159 255}}"#,
                "true {Name:no MaximumRetryCount:0} string  3.14 ff"
            ),
            (#"{{and .State.Running "x"}} {{or "" "y"}} {{not true}}"#, "x y false"),
            (#"{{print 1 2 "a" 3}}|{{println "x" 1}}"#, "1 2a3|x 1\n"),
            ("{{slice .Id 0 4}}", "1fff"),
            (#"{{html "<a>"}} {{urlquery "a b&"}}"#, "&lt;a&gt; a+b%26"),
            ("{{range $i, $m := .Mounts}}{{if $i}}, {{end}}{{$m.Type}}{{end}}", "bind, volume"),
            ("{{with .Config}}{{.Image}}{{end}}", "busybox"),
            (#"{{.State.Status | upper | printf "%10s|"}}"#, "   RUNNING|"),
            (#"{{ .Name }} {{- " x" -}} y"#, "/web xy"),
        ] as [(String, String)])
    func aTemplatePrintsWhatDockersClientPrints(format: String, text: String) {
        #expect(Self.inspect(format) == text)
    }

    @Test(
        arguments: [
            (#"{{if eq 3 1 2 3}}one{{else if false}}two{{else}}three{{end}}"#, "one"),
            ("{{if false}}a{{else if true}}b{{end}}", "b"),
            ("{{range .None}}a{{else}}none{{end}}", "none"),
            (
                "{{range $i, $e := .List}}{{if eq $i 1}}{{continue}}{{end}}{{if gt $i 2}}{{break}}{{end}}{{$e}}{{end}}",
                "ac"
            ),
            ("{{$n := 1}}{{range .List}}{{$n = .}}{{end}}{{$n}}", "d"),
            ("{{range 3}}{{.}}{{end}}", "012"),
            (#"{{join .List ","}} {{len (split "a:b:c" ":")}} {{title "hello world"}}"#, "a,b,c,d 3 Hello World"),
            (#"{{truncate "abcdef" 3}}{{pad "x" 1 2}}|"#, "abc x  |"),
            (
                #"{{printf "%05d|%-6s|%6s|%q|%t|%x|%.2f|%%|%v" 42 "ab" "cd" "q" true 255 1.5 .Map}}"#,
                #"00042|ab    |    cd|"q"|true|ff|1.50|%|map[a:1 b:2]"#
            ),
            (#"{{printf "%s" 5}} {{printf "%d"}} {{printf "x" 1}}"#, "%!s(int=5) %!d(MISSING) x%!(EXTRA int=1)"),
            ("{{.Null}} {{.Nothing}}", "<no value> <no value>"),
            ("{{/* a comment */}}x{{- /* another */ -}}  y", "xy"),
            ("{{json .Map}} {{json \"<&>\"}}", #"{"a":1,"b":2} "<&>""#),
            ("{{and 1 0}} {{or 0 2}} {{le 1 1}} {{ge 1 2}} {{ne 1 2}}", "0 2 true false true"),
            (#"{{index .Map "a"}} {{index .List 1}} {{1e3}} {{0x10}} {{'a'}}"#, "1 b 1000 16 97"),
            (#"{{with $x := 5}}{{$x}}{{end}}{{(len .List) | printf "%03d"}}"#, "5004"),
        ] as [(String, String)])
    func controlFlowAndFunctionsFollowGo(format: String, text: String) throws {
        let data: JSON = ["List": ["a", "b", "c", "d"], "Map": ["b": 2, "a": 1], "Null": nil, "None": []]
        #expect(try GoTemplate(format).execute(TemplateValue(raw: data)) == text)
    }

    @Test(
        arguments: [
            ("{{.Label}}", #"template: :1:2: executing "" at <.Label>: wrong number of args for Label: want 1 got 0"#),
            (#"{{.ID "x"}}"#, #"template: :1:2: executing "" at <.ID>: wrong number of args for ID: want 0 got 1"#),
            (
                "{{.Foo}}",
                #"template: :1:2: executing "" at <.Foo>: can't evaluate field Foo in type *formatter.ContainerContext"#
            ),
            ("{{.ID.Foo}}", #"template: :1:5: executing "" at <.ID.Foo>: can't evaluate field Foo in type string"#),
        ] as [(String, String)])
    func aRowComplainsAsDockersRowsDo(format: String, message: String) throws {
        let row = ContainerRows.row(["Id": "x"], truncates: true)
        #expect(throws: TemplateError.self) { try GoTemplate(format).execute(.row(row)) }
        do { _ = try GoTemplate(format).execute(.row(row)) } catch { #expect(error.description == message) }
    }
}

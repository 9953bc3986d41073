import EngineAPI

extension ExplanationCatalog {
    /// For each kind the commands that show its result, the plainest first. A look that needs a fact which is missing, or
    /// that comes out empty, is left out on the screen.
    static let lookTable: [StepKind: [Template]] = [
        // Images
        .imageResolve: ["docker history {reference}", "docker image inspect {reference}"],
        .registryResolve: ["docker manifest inspect -v {reference}", "docker search {repository}"],
        .manifestFetch: ["docker manifest inspect {reference}", "docker image inspect {reference}"],
        .layerDownload: ["!ls -l {path}", "!sha256sum {path}"],
        .imageVerify: ["docker image inspect {reference}"],
        .registryConnect: ["{?isLab}registry ls{/}", "docker manifest inspect -v {object}"],
        .layerUpload: ["docker manifest inspect {object}"],
        .manifestPush: ["docker manifest inspect -v {reference}", "docker images --digests"],
        .imageLoad: ["docker images"],
        .imageImport: ["docker history {image|short}", "docker image inspect {image|short}"],
        .layerUnpack: ["!ls {directory}"],
        .imageTag: ["docker images", "docker image inspect {reference}"],
        .imageUntag: ["docker images"],
        .imageDelete: ["docker images -a"],

        // Volumes, and files put into a container
        .volumeCreate: ["docker volume inspect {volume}", "!ls -la {path}"],
        .volumeFill: ["!ls -la {path}"],
        .volumeDelete: ["docker volume ls"],
        .filesPut: ["docker diff {container}", "!ls -la {upper}"],
        .buildInstruction: ["docker history {image|short}"],
        .imageCommit: ["docker history {image|short}"],

        // The container on disk
        .containerCreate: ["docker inspect {name}", "docker ps -a", "!ls {directory}"],
        .layerCreate: ["!ls -la {upper}", "docker diff {object}"],
        .layerDelete: ["!ls {upper|up:2}", "docker ps -a"],
        .containerDelete: ["docker ps -a"],
        .containerRename: ["docker ps -a"],

        // Starting
        .overlayMount: ["!grep overlay /proc/{process.clone:pid}/mountinfo", "!ls -la {upper}"],
        .cgroupCreate: ["!cat {readBack}"],
        .cgroupLimit: ["!cat {readBack}", "{?resource=memory}docker stats --no-stream {object}{/}"],
        .processClone: ["!grep NSpid /proc/{pid}/status", "!ls -l /proc/{pid}/ns", "docker top {object}"],
        .cgroupJoin: ["!cat /proc/{process.clone:pid}/cgroup", "!cat /proc/{namespace.enter:pid}/cgroup"],
        .rootAttach: ["!grep overlay /proc/{process.clone:pid}/mountinfo"],
        .mountProc: ["docker exec {object} ps", "docker top {object}"],
        .mountDev: ["docker exec {object} ls -l /dev"],
        .mountSys: ["docker exec {object} grep sysfs /proc/mounts", "docker exec {object} ls /sys/class/net"],
        .mountFiles: ["docker exec {object} cat /etc/hosts", "docker exec {object} cat /etc/resolv.conf"],
        .mountVolume: ["docker exec {object} ls -la {target}", "!ls -la {source}"],
        .mountTmpfs: ["docker exec {object} df {target}"],
        .mountMask: ["docker exec {object} grep /proc/ /proc/mounts"],
        .rootPivot: ["!ls /proc/{process.clone:pid}/root", "docker exec {object} ls /"],
        .hostnameSet: ["docker exec {object} hostname", "!hostname"],
        .parameterSet: ["docker exec {object} cat {readBack}"],
        .terminalOpen: ["docker exec {object} ls -l /dev/pts"],
        .resourceLimit: ["!cat /proc/{process.clone:pid}/limits"],
        .userBecome: ["!grep Uid /proc/{process.clone:pid}/status", "docker exec {object} id"],
        .capabilitiesDrop: [
            "!grep Cap /proc/{process.clone:pid}/status", "docker exec {object} grep Cap /proc/1/status",
        ],
        .seccompLoad: ["!grep Seccomp: /proc/{process.clone:pid}/status"],
        .processExecute: [
            "{?second}docker top {object}{:}docker logs {object}{/}", "docker top {object}",
            "!ls -l /proc/{process.clone:pid}/exe",
        ],

        // Networks
        .nodeCreate: ["@{node} ip address"],
        .nodeDelete: ["@cable ip link", "node ls"],
        .swarmInit: ["docker node ls", "docker info -f '{{{{.Swarm.NodeAddr}}}}'"],
        .swarmJoin: ["docker info -f '{{{{.Swarm.NodeAddr}}}}'", "docker -H {manager} node ls"],
        .swarmLeave: ["docker info -f '{{{{.Swarm.LocalNodeState}}}}'"],
        .tunnelCreate: ["@{node} ip -d link show {tunnel}", "docker network inspect {network}"],
        .neighboursAdd: [
            "{?peers}@{peers|first} bridge fdb show dev {tunnel}{:}docker network inspect {network}{/}",
            "{?peers}@{peers|first} ip neigh show dev {tunnel}{/}",
        ],
        .neighboursRemove: [
            "{?peers}@{peers|first} bridge fdb{:}docker network inspect {network}{/}"
        ],
        .parentCreate: ["@{node} ip -d link show {parent}"],
        .linkShare: ["docker exec {object} ip address", "@{node} ip link show {parent}"],
        .cablePlug: ["@{node} ip address show eth0", "@cable bridge link"],
        .cableChange: ["node link {node}", "@cable ip -s link show {node}"],
        .networkCreate: ["docker network inspect {name}", "!cat {file}"],
        .portPublish: ["docker port {object}", "@{node} ss -tuln"],
        .namesServe: ["docker exec {object} cat /etc/resolv.conf", "docker exec {object} nslookup {object}"],
        .uplinkCreate: ["!ip address show {machineInterface}", "@{node} ip route"],
        .uplinkTranslate: ["!nft list table ip {table}"],
        .networkDelete: ["docker network ls"],
        .bridgeDelete: ["docker network ls", "@{node} ip link"],
        .rulesApply: ["@{node} nft list table inet drydock", "docker network inspect {network}"],
        .bridgeCreate: ["docker network inspect {network}", "@{node} ip address show {bridge}"],
        .vethCreate: ["docker exec {object} ip address", "@{node} ip link show {host}"],
        .addressAssign: [
            """
            {?node.create:node}@{node.create:node} ip address{:}{?network.create:name}@{node} ip address{:}\
            docker exec {object} ip address{/}{/}
            """,
            "!nsenter -t {process.clone:pid}{?process.clone:owner} -U --preserve-credentials{/} -n ip address",
            "{?node.create:node}{:}docker network inspect {network}{/}",
        ],
        .routeAdd: [
            "docker exec {object} ip route",
            "!nsenter -t {process.clone:pid}{?process.clone:owner} -U --preserve-credentials{/} -n ip route",
        ],
        .networkJoin: ["docker exec {object} ip address"],
        .networkNone: ["docker exec {object} ip address"],
        .networkRelease: ["docker network inspect {network}"],

        // A second process
        .namespaceEnter: ["docker top {container}", "!ls -l /proc/{pid}/ns"],

        // Running and ending
        .processSignal: ["docker inspect -f '{{{{.State.Status}}}}' {object}", "!kill -l {number}"],
        .processEnd: ["docker ps -a", "docker inspect -f '{{{{.State.ExitCode}}}}' {object}"],
        .cgroupFreeze: ["docker ps", "!cat {readBack}"],
        .cgroupThaw: ["docker ps", "!cat {readBack}"],
        .cgroupRemove: ["!ls {readBack|up:1}"],

        // Reading
        .processesList: ["!{?by=namespace}readlink{:}cat{/} {file}", "docker exec {container} ps"],
        .countersRead: ["!cat {readBack}", "docker stats --no-stream {container}"],
        .changesRead: ["!ls -lR {upper}", "docker diff {container}"],
        .filesGet: ["!ls -la {upper}", "docker diff {container}"],
    ]
}

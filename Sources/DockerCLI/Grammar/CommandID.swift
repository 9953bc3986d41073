/// The commands, each once, whatever names it is called by. The raw value is the command in its full form.
public enum CommandID: String, Sendable, CaseIterable {
    /// `docker container attach`
    case containerAttach = "container attach"
    /// `docker container commit`
    case containerCommit = "container commit"
    /// `docker container cp`
    case containerCp = "container cp"
    /// `docker container create`
    case containerCreate = "container create"
    /// `docker container diff`
    case containerDiff = "container diff"
    /// `docker container exec`
    case containerExec = "container exec"
    /// `docker container export`
    case containerExport = "container export"
    /// `docker container inspect`
    case containerInspect = "container inspect"
    /// `docker container kill`
    case containerKill = "container kill"
    /// `docker container logs`
    case containerLogs = "container logs"
    /// `docker container ls`
    case containerLs = "container ls"
    /// `docker container pause`
    case containerPause = "container pause"
    /// `docker container port`
    case containerPort = "container port"
    /// `docker container prune`
    case containerPrune = "container prune"
    /// `docker container rename`
    case containerRename = "container rename"
    /// `docker container restart`
    case containerRestart = "container restart"
    /// `docker container rm`
    case containerRm = "container rm"
    /// `docker container run`
    case containerRun = "container run"
    /// `docker container start`
    case containerStart = "container start"
    /// `docker container stats`
    case containerStats = "container stats"
    /// `docker container stop`
    case containerStop = "container stop"
    /// `docker container top`
    case containerTop = "container top"
    /// `docker container unpause`
    case containerUnpause = "container unpause"
    /// `docker container update`
    case containerUpdate = "container update"
    /// `docker container wait`
    case containerWait = "container wait"
    /// `docker image build`
    case imageBuild = "image build"
    /// `docker image history`
    case imageHistory = "image history"
    /// `docker image import`
    case imageImport = "image import"
    /// `docker image inspect`
    case imageInspect = "image inspect"
    /// `docker image load`
    case imageLoad = "image load"
    /// `docker image ls`
    case imageLs = "image ls"
    /// `docker image prune`
    case imagePrune = "image prune"
    /// `docker image pull`
    case imagePull = "image pull"
    /// `docker image push`
    case imagePush = "image push"
    /// `docker image rm`
    case imageRm = "image rm"
    /// `docker image save`
    case imageSave = "image save"
    /// `docker image tag`
    case imageTag = "image tag"
    /// `docker network connect`
    case networkConnect = "network connect"
    /// `docker network create`
    case networkCreate = "network create"
    /// `docker network disconnect`
    case networkDisconnect = "network disconnect"
    /// `docker network inspect`
    case networkInspect = "network inspect"
    /// `docker network ls`
    case networkLs = "network ls"
    /// `docker node ls`
    case nodeLs = "node ls"
    /// `docker node rm`
    case nodeRm = "node rm"
    /// `docker swarm init`
    case swarmInit = "swarm init"
    /// `docker swarm join`
    case swarmJoin = "swarm join"
    /// `docker swarm join-token`
    case swarmJoinToken = "swarm join-token"
    /// `docker swarm leave`
    case swarmLeave = "swarm leave"
    /// `docker network prune`
    case networkPrune = "network prune"
    /// `docker network rm`
    case networkRm = "network rm"
    /// `docker volume create`
    case volumeCreate = "volume create"
    /// `docker volume inspect`
    case volumeInspect = "volume inspect"
    /// `docker volume ls`
    case volumeLs = "volume ls"
    /// `docker volume prune`
    case volumePrune = "volume prune"
    /// `docker volume rm`
    case volumeRm = "volume rm"
    /// `docker volume update`
    case volumeUpdate = "volume update"
    /// `docker system df`
    case systemDf = "system df"
    /// `docker system events`
    case systemEvents = "system events"
    /// `docker system info`
    case systemInfo = "system info"
    /// `docker system prune`
    case systemPrune = "system prune"
    /// `docker builder prune`
    case builderPrune = "builder prune"
    /// `docker manifest annotate`
    case manifestAnnotate = "manifest annotate"
    /// `docker manifest create`
    case manifestCreate = "manifest create"
    /// `docker manifest inspect`
    case manifestInspect = "manifest inspect"
    /// `docker manifest push`
    case manifestPush = "manifest push"
    /// `docker manifest rm`
    case manifestRm = "manifest rm"
    /// `docker login`
    case login = "login"
    /// `docker logout`
    case logout = "logout"
    /// `docker search`
    case search = "search"
    /// `docker version`
    case version = "version"
    /// `docker inspect`
    case inspect = "inspect"
}

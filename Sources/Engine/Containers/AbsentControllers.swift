import EngineAPI
import Kernel
import OrderedJSON

/// The limits that can't be kept here because their cgroup controller is not to be had: an engine without root has only
/// those that were delegated to it. As with Docker they are discarded, and whoever asked for them is told.
struct AbsentControllers {
    let profile: KernelProfile

    /// Removes from a container's settings what can't be limited.
    ///
    /// - Returns: Docker's warnings about what was removed.
    /// - Throws: ``EngineFailure`` for `NanoCpus`, which Docker refuses instead.
    func discard(from host: inout JSONObject) throws -> [String] {
        var warnings: [String] = []
        func isAbsent(_ controller: String) -> Bool { !profile.controllers.contains(controller) }
        func mounted(_ what: String, _ lost: String) -> String {
            "Your kernel does not support \(what) or the cgroup is not mounted. \(lost) discarded."
        }
        if isAbsent("memory") {
            if host.number("Memory") > 0 {
                warnings.append(mounted("memory limit capabilities", "Limitation"))
                host["Memory"] = 0
                host["MemorySwap"] = -1
            }
            if host["MemorySwappiness"]?.integer ?? -1 >= 0 {
                warnings.append(mounted("memory swappiness capabilities", "Memory swappiness"))
                host["MemorySwappiness"] = .null
            }
            if host.number("MemoryReservation") > 0 {
                warnings.append(mounted("memory soft limit capabilities", "Limitation"))
                host["MemoryReservation"] = 0
            }
            if host.flag("OomKillDisable") {
                warnings.append("Your kernel does not support OomKillDisable. OomKillDisable discarded.")
                host["OomKillDisable"] = .null
            }
        }
        if isAbsent("pids"), host.number("PidsLimit") != 0 {
            if host.number("PidsLimit") > 0 { warnings.append(mounted("PIDs limit capabilities", "PIDs limit")) }
            host["PidsLimit"] = .null
        }
        if isAbsent("cpu") {
            if host.number("NanoCpus") > 0 {
                throw EngineFailure.invalid(
                    "NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted"
                )
            }
            if host.number("CpuShares") > 0 {
                warnings.append(mounted("CPU shares", "Shares"))
                host["CpuShares"] = 0
            }
            if host.number("CpuPeriod") != 0 || host.number("CpuQuota") != 0 {
                warnings.append("Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.")
                host["CpuPeriod"] = 0
                host["CpuQuota"] = 0
            }
        }
        if isAbsent("cpuset"), !host.text("CpusetCpus").isEmpty || !host.text("CpusetMems").isEmpty {
            warnings.append(mounted("cpuset", "Cpuset"))
            host["CpusetCpus"] = ""
            host["CpusetMems"] = ""
        }
        guard isAbsent("blkio") else { return warnings }
        if host.number("BlkioWeight") > 0 {
            warnings.append(mounted("Block I/O weight", "Weight"))
            host["BlkioWeight"] = 0
        }
        let rates = [
            ("BlkioWeightDevice", "Block I/O weight_device", "Weight-device"),
            ("BlkioDeviceReadBps", "BPS Block I/O read limit", "Block I/O BPS read limit"),
            ("BlkioDeviceWriteBps", "BPS Block I/O write limit", "Block I/O BPS write limit"),
            ("BlkioDeviceReadIOps", "IOPS Block read limit", "Block I/O IOPS read limit"),
            ("BlkioDeviceWriteIOps", "IOPS Block write limit", "Block I/O IOPS write limit"),
        ]
        for (name, what, lost) in rates where host[name]?.array?.isEmpty == false {
            warnings.append(mounted(what, lost))
            host[name] = []
        }
        return warnings
    }
}

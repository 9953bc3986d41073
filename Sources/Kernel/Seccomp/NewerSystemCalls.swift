/// Numbers of system calls that the installed libseccomp may be too old to know by name.
///
/// From 424 on, a new call has the same number on all architectures (kernel `syscall.tbl`).
enum NewerSystemCalls {
    /// The number of a call on the architecture this program was built for; `nil` for one that is not listed.
    static func number(of name: String) -> Int32? {
        if let number = common[name] { return number }
        #if arch(x86_64)
            return name == "uretprobe" ? 335 : nil
        #elseif arch(riscv64)
            return name == "riscv_hwprobe" ? 258 : nil
        #else
            return nil
        #endif
    }

    private static let common: [String: Int32] = [
        "cachestat": 451, "fchmodat2": 452, "map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455,
        "futex_requeue": 456, "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459,
        "lsm_set_self_attr": 460, "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464,
        "listxattrat": 465, "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468, "file_setattr": 469,
    ]
}

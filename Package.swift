// swift-tools-version: 6.1
import PackageDescription

// The targets, top to bottom: arrows point down only. The line in the middle is the Docker Engine
// API: nothing above it imports anything below it (`bin/check-layers` proves it). Only the executable,
// which decides what face was asked for, links both sides.
let package = Package(
    name: "drydock",
    products: [.executable(name: "drydock", targets: ["drydock"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        .executableTarget(
            name: "drydock",
            dependencies: [
                "Shell", "Lessons", "DockerCLI", "Narration", "Observation", "EngineClient", "EngineServer", "Engine",
                "Registry",
                "OCI",
                "Kernel", "RawCalls",
                "EngineAPI",
                "OrderedJSON", "Packets", "Posix", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Above the line: clients of the engine.
        .target(
            name: "Shell",
            dependencies: [
                "Lessons", "DockerCLI", "Narration", "Observation", "EngineClient", "EngineAPI", "OrderedJSON", "Posix",
                "CLinux", "CEditLine",
            ]),
        .target(
            name: "Lessons",
            dependencies: [
                "DockerCLI", "Narration", "EngineClient", "EngineAPI", "Archives", "OrderedJSON", "Posix", "CLinux",
            ]),
        .target(name: "Narration", dependencies: ["EngineAPI", "OrderedJSON", "Posix"]),
        .target(name: "Observation", dependencies: ["EngineClient", "EngineAPI", "OrderedJSON", "Posix"]),
        .target(name: "DockerCLI", dependencies: ["EngineClient", "Archives", "OrderedJSON", "Posix"]),
        .target(name: "EngineClient", dependencies: ["EngineAPI", "HTTPMessages", "OrderedJSON", "Posix"]),

        // The line: what both sides say to each other.
        .target(name: "EngineAPI", dependencies: ["OrderedJSON"]),
        .target(name: "HTTPMessages", dependencies: ["Posix"]),

        // Below the line: the engine.
        .target(
            name: "EngineServer",
            dependencies: [
                "Engine", "Registry", "Steps", "OCI", "EngineAPI", "HTTPMessages", "OrderedJSON", "Posix", "CLinux",
            ]),
        .target(
            name: "Engine",
            dependencies: [
                "Steps", "Registry", "OCI", "Kernel", "Archives", "EngineAPI", "OrderedJSON", "Posix", "CLinux",
            ]),
        .target(
            name: "Registry", dependencies: ["OCI", "HTTPMessages", "OrderedJSON", "Posix", "CLinux", "CTLS"]),
        .target(name: "Steps", dependencies: ["EngineAPI", "Posix", "OrderedJSON"]),
        .target(
            name: "OCI", dependencies: ["OrderedJSON", "Posix", "CLinux", "CArchive", "CArchiveFormats", "COpenSSL"]),
        .target(name: "RawCalls", dependencies: ["Kernel", "EngineAPI", "Posix", "CLinux"]),
        .target(name: "Kernel", dependencies: ["Posix", "CLinux", "CSandbox", "CSeccomp", "CNFTables"]),

        // Leaves: no knowledge of containers.
        .target(name: "Archives", dependencies: ["Posix", "CLinux", "CArchive", "CArchiveFormats"]),
        .target(name: "OrderedJSON"),
        .target(name: "Packets"),
        .target(name: "Posix", dependencies: ["CLinux"]),
        .target(name: "CLinux"),
        .target(name: "CSandbox"),
        .target(name: "CArchiveFormats"),
        .systemLibrary(
            name: "CArchive", pkgConfig: nil,
            providers: [.apt(["libarchive-dev", "libzstd-dev", "zlib1g-dev", "libacl1-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CTLS", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSeccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CNFTables", providers: [.apt(["libnftables-dev"])]),
        .systemLibrary(name: "CEditLine", providers: [.apt(["libedit-dev"])]),

        .testTarget(name: "DockerCLITests", dependencies: ["DockerCLI", "EngineClient", "OrderedJSON", "Posix"]),
        .testTarget(name: "PacketsTests", dependencies: ["Packets"]),
        .testTarget(name: "OrderedJSONTests", dependencies: ["OrderedJSON"]),
        .testTarget(name: "StepsTests", dependencies: ["Steps", "EngineAPI", "Posix"]),
        .testTarget(name: "EngineTests", dependencies: ["Engine"]),
        .testTarget(name: "ArchivesTests", dependencies: ["Archives", "Posix"]),
        .testTarget(name: "RegistryTests", dependencies: ["Registry", "OCI", "Posix"]),
        .testTarget(name: "OCITests", dependencies: ["OCI"]),
        .testTarget(name: "RawCallsTests", dependencies: ["RawCalls", "Kernel"]),
        .testTarget(name: "KernelTests", dependencies: ["Kernel"]),
        .testTarget(name: "HTTPMessagesTests", dependencies: ["HTTPMessages", "Posix"]),
        .testTarget(
            name: "NarrationTests", dependencies: ["Narration", "EngineAPI", "OrderedJSON", "Posix"],
            exclude: ["Snapshots", "Words"]),
        .testTarget(
            name: "ObservationTests",
            dependencies: ["Observation", "Narration", "EngineClient", "EngineAPI", "OrderedJSON"]),
        .testTarget(
            name: "LessonsTests", dependencies: ["Lessons", "Narration", "EngineClient", "OrderedJSON", "Posix"]),
        .testTarget(
            name: "ShellTests",
            dependencies: ["Shell", "Lessons", "DockerCLI", "Narration", "EngineAPI", "OrderedJSON", "Posix"]),
        .testTarget(
            name: "EngineClientTests", dependencies: ["EngineClient", "HTTPMessages", "OrderedJSON", "Posix"]),
        .testTarget(
            name: "EngineServerTests",
            dependencies: ["EngineServer", "Engine", "Kernel", "EngineClient", "HTTPMessages", "OrderedJSON", "Posix"]),
    ],
    swiftLanguageModes: [.v6]
)

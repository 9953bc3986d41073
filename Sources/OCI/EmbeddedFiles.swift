import Glibc

/// The files of the embedded images, as tar entries with their bytes.
struct EmbeddedFile {
    var entry: TarEntry
    var bytes: [UInt8] = []

    static func directory(_ name: String, mode: mode_t = 0o755) -> EmbeddedFile {
        EmbeddedFile(entry: TarEntry(name: ArchiveName(name + "/"), kind: .directory, mode: mode))
    }

    static func file(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) -> EmbeddedFile {
        EmbeddedFile(entry: TarEntry(name: ArchiveName(name), kind: .regular, mode: mode), bytes: bytes)
    }

    static func file(_ name: String, _ text: String, mode: mode_t = 0o644) -> EmbeddedFile {
        file(name, Array(text.utf8), mode: mode)
    }

    static func link(_ name: String, to target: String, mode: mode_t = 0o755) -> EmbeddedFile {
        EmbeddedFile(entry: TarEntry(name: ArchiveName(name), kind: .hardLink(ArchiveName(target)), mode: mode))
    }

    static func symbolicLink(_ name: String, to target: String) -> EmbeddedFile {
        EmbeddedFile(entry: TarEntry(name: ArchiveName(name), kind: .symbolicLink(ArchiveName(target)), mode: 0o777))
    }

    /// A root file system around busybox, laid out as the image `busybox` of Docker Hub is.
    static func rootFileSystem(_ busybox: [UInt8], applets: [String]) -> [EmbeddedFile] {
        var files: [EmbeddedFile] = [.directory("bin"), .file("bin/busybox", busybox, mode: 0o755)]
        let names = Set(applets).subtracting(["busybox"]).filter { !$0.isEmpty && !$0.contains("/") }
        for name in names.sorted() { files.append(.link("bin/\(name)", to: "bin/busybox")) }
        files += [
            .directory("dev"),
            .directory("etc"),
            .file("etc/group", accounts(groups)),
            .file("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"),
            .file("etc/passwd", accounts(users)),
            .file(
                "etc/shadow", accounts(users.map { "\($0.split(separator: ":")[0]):*:10933:0:99999:7:::" }), mode: 0o600
            ),
            .directory("home"),
            .directory("proc"),
            .directory("root", mode: 0o700),
            .directory("sys"),
            .directory("tmp", mode: 0o1777),
            .directory("usr"),
            .directory("usr/bin"),
            .symbolicLink("usr/bin/env", to: "../../bin/env"),
            .directory("usr/sbin"),
            .directory("var"),
            .directory("var/spool"),
            .directory("var/spool/mail"),
            .directory("var/www"),
        ]
        return files
    }

    private static func accounts(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

    private static let users = [
        "root:x:0:0:root:/root:/bin/sh", "daemon:x:1:1:daemon:/usr/sbin:/bin/false", "bin:x:2:2:bin:/bin:/bin/false",
        "sys:x:3:3:sys:/dev:/bin/false", "sync:x:4:100:sync:/bin:/bin/sync",
        "mail:x:8:8:mail:/var/spool/mail:/bin/false",
        "www-data:x:33:33:www-data:/var/www:/bin/false", "operator:x:37:37:Operator:/var:/bin/false",
        "nobody:x:65534:65534:nobody:/home:/bin/false",
    ]

    private static let groups = [
        "root:x:0:", "daemon:x:1:", "bin:x:2:", "sys:x:3:", "adm:x:4:", "tty:x:5:", "disk:x:6:", "mail:x:8:",
        "wheel:x:10:root",
        "kmem:x:15:", "cdrom:x:24:", "dialout:x:18:", "floppy:x:25:", "audio:x:29:", "www-data:x:33:", "utmp:x:43:",
        "video:x:44:", "users:x:100:", "nogroup:x:65534:",
    ]
}

/// The texts and programs of the embedded images.
enum EmbeddedText {
    static let hello = """

        Hello from Drydock!
        This is Drydock's own offline hello-world, made on this machine: it was not pulled from Docker Hub.

        To show you this text,
         1. the client asked the engine for a container of the image "hello-world";
         2. the engine made one from the image, whose single layer holds a single file, /hello;
         3. the kernel ran that file in the container: a program that writes this text and ends;
         4. the engine passed the text on to the client, which sent it to your terminal.

        For more to look at, try a shell in a container:
         $ docker run -it busybox sh


        """

    static let profile = """
        # Read by a login shell: a prompt that says where one is.
        export PS1='\\u@\\h:\\w\\$ '

        """

    /// PID 1 gets no default action for a signal, so the web server's parent catches it and ends at once.
    static func serve(_ version: String) -> String {
        """
        #!/bin/sh
        # The first process of a container ends on a signal only if it handles it; httpd does not, so this does.
        trap 'kill "$server" 2>/dev/null; echo "lab/web \(version): stopped"; exit 0' TERM INT QUIT
        echo "lab/web \(version): serving /www on port 80"
        httpd -f -vv -p 80 -h /www &
        server=$!
        wait "$server"

        """
    }

    static func page(_ version: String) -> String {
        let colour = version == "1" ? "#1f6f8b" : "#8b3a1f"
        return """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>lab/web version \(version)</title></head>
            <body style="background: \(colour); color: white; font-family: sans-serif; text-align: center">
            <h1>Hello from lab/web, version \(version)</h1>
            <p>Which container answers? See <a style="color: white" href="/cgi-bin/whoami">/cgi-bin/whoami</a></p>
            </body>
            </html>

            """
    }

    static func whoAmI(_ version: String) -> String {
        """
        #!/bin/sh
        printf 'Content-Type: text/plain\\r\\n\\r\\n'
        echo "lab/web \(version) in container $(hostname) at $(hostname -i 2>/dev/null)"

        """
    }

    static let counter = """
        #!/bin/sh
        # Counts, two numbers a second. It waits for sleep in the background, so that a signal is handled at once.
        trap 'exit 0' TERM INT QUIT
        count=${1:-0}
        while :; do
            echo "$count"
            count=$((count + 1))
            sleep 0.5 &
            wait $!
        done

        """

    static let hungry = """
        #!/bin/sh
        # Eats memory: hungry [MEBIBYTES-A-SECOND] [MEBIBYTES-IN-ALL]. Without a second number it never has enough.
        trap 'kill "$eater" 2>/dev/null; exit 0' TERM INT QUIT
        awk -v rate="${1:-10}" -v all="${2:-0}" 'BEGIN {
            piece = sprintf("%1048560s", "")
            while (1) {
                for (i = 0; i < rate && (all == 0 || eaten < all); i++) { store[eaten] = piece eaten; eaten++ }
                print "eaten: " eaten " MiB"
                fflush()
                system("sleep 1")
            }
        }' &
        eater=$!
        wait "$eater"
        status=$?
        [ "$status" -gt 128 ] && echo "the eater was killed by signal $((status - 128))"
        exit "$status"

        """
}

import Glibc
import OrderedJSON
import Posix

/// A program that keeps logins for Docker's clients: `docker-credential-NAME`, named by `credsStore` or `credHelpers` in
/// `config.json`. It is asked by its one argument, and by what it reads from its standard input.
struct CredentialHelper {
    /// The part of the program's name behind `docker-credential-`.
    let name: String
    private var program: String { "docker-credential-\(name)" }

    /// The user's name that stands for a token.
    private static let tokenUser = "<token>"
    /// What a helper prints where it has no login.
    private static let notFound = "credentials not found in native keychain"

    /// The login for a server; `nil` for none.
    func login(_ server: String) throws -> CredentialFile.Login? {
        let answer = try run("get", input: server)
        guard answer.code == 0 else {
            if answer.output == Self.notFound { return nil }
            throw failure("getting", answer)
        }
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: answer.output) } catch {
            throw CommandFailure("error getting credentials - err: \(program) printed what is no JSON: \(error)")
        }
        let (user, secret) = (json["Username"]?.string ?? "", json["Secret"]?.string ?? "")
        if user == Self.tokenUser { return .init(user: "", password: "", identityToken: secret) }
        return user.isEmpty && secret.isEmpty ? nil : .init(user: user, password: secret)
    }

    /// Keeps a login.
    func store(_ login: CredentialFile.Login, for server: String) throws {
        let isToken = !login.identityToken.isEmpty
        let object: JSON = [
            "ServerURL": .string(server), "Username": .string(isToken ? Self.tokenUser : login.user),
            "Secret": .string(isToken ? login.identityToken : login.password),
        ]
        let answer = try run("store", input: object.text())
        guard answer.code == 0 else { throw failure("storing", answer) }
    }

    /// Forgets a login.
    func erase(_ server: String) throws {
        let answer = try run("erase", input: server)
        guard answer.code == 0 || answer.output == Self.notFound else { throw failure("erasing", answer) }
    }

    /// The servers that it has logins for.
    func servers() throws -> [String] {
        let answer = try run("list", input: "unused")
        guard answer.code == 0 else { throw failure("listing", answer) }
        do throws(JSONError) { return try JSON(parsing: answer.output).object?.names ?? [] } catch {
            throw CommandFailure("error listing credentials - err: \(program) printed what is no JSON: \(error)")
        }
    }

    private struct Answer {
        var code: Int32
        /// What it printed, without white space at the end.
        var output: String
    }

    private func failure(_ what: String, _ answer: Answer) -> CommandFailure {
        CommandFailure("error \(what) credentials - err: exit status \(answer.code), out: `\(answer.output)`")
    }

    /// Runs the program (`posix_spawnp(3)`). What it prints on its error output is the user's to see.
    private func run(_ action: String, input: String) throws -> Answer {
        var inputEnds: Ends? = try Descriptor.pipe()
        var outputEnds: Ends? = try Descriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputEnds?.read.number ?? -1, 0)
        posix_spawn_file_actions_adddup2(&actions, outputEnds?.write.number ?? -1, 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(action), nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, nil, &arguments, environ)
        guard code == 0 else {
            let reason =
                code == ENOENT ? "executable file not found in $PATH" : SystemError("", code: code).reason
            throw CommandFailure("error getting credentials - err: exec: \"\(program)\": \(reason), out: ``")
        }
        // Only the ends that are ours stay open: the helper must see the end of its input, and we that of its output.
        let reader = outputEnds?.read
        outputEnds = nil
        var output: [UInt8] = []
        var failure: SystemError?
        let previous = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, previous) }
        do throws(SystemError) {
            // A login is smaller than a pipe's buffer. A helper that reads none of it is no error of ours.
            do throws(SystemError) { try inputEnds?.write.write(input) } catch {
                if error.code != EPIPE { throw error }
            }
            inputEnds = nil
            output = try reader?.readToEnd(limit: 1 << 20) ?? []
        } catch { failure = error }
        inputEnds = nil
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        if let failure { throw failure }
        let text = String(decoding: output, as: UTF8.self)
        let trimmed = String(text.reversed().drop(while: \.isWhitespace).reversed())
        let signal = status & 0x7F
        return Answer(code: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: trimmed)
    }

    private typealias Ends = (read: Descriptor, write: Descriptor)
}

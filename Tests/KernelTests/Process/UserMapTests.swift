import Posix
import Testing

@Suite("Maps of users")
struct UserMapTests {
    @Test("The machine's own maps every number to itself")
    func machine() {
        let map = UserMap("         0          0 4294967295\n")
        #expect(map.isMachines && map.count == 4_294_967_295 && map.rootOutside == nil)
    }

    @Test("A user namespace's root is somebody outside, and has the users that follow without a gap")
    func namespace() {
        let one = UserMap("0 1000 1\n")
        #expect(!one.isMachines && one.count == 1 && one.rootOutside == 1000)
        let many = UserMap("1 100000 65536\n0 1000 1\n70000 5 5\n")
        #expect(many.count == 65_537 && many.rootOutside == 1000)
        #expect(UserMap("1 100000 65536\n").rootOutside == nil && UserMap("1 100000 65536\n").count == 0)
    }

    @Test("What is no map has nobody", arguments: ["", "0 0\n", "a b c\n", "0 -1 5\n"])
    func broken(text: String) { #expect(UserMap(text).ranges.isEmpty && !UserMap(text).isMachines) }
}

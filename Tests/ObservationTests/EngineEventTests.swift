import OrderedJSON
import Testing

@testable import Observation

struct EngineEventTests {
    @Test func actionIsWhatStandsBeforeTheColon() throws {
        let line = #"""
            {"Type":"container","Action":"exec_start: ls -l","Actor":{"ID":"3f9a","Attributes":{"execID":"77","name":"web"}},
            "timeNano":17}
            """#
        let event = try #require(EngineEvent(JSON(parsing: line)))
        #expect(event.action == "exec_start")
        #expect(event.id == "3f9a")
        #expect(event.attributes == ["execID": "77", "name": "web"])
        #expect(event.time == 17)
    }

    @Test func lineWithoutActorIsNoEvent() throws {
        #expect(EngineEvent(try JSON(parsing: #"{"status":"pull"}"#)) == nil)
    }
}

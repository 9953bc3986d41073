public import EngineAPI
import OrderedJSON

/// What is said of evidence that the kernel has no words for.
public enum FindingCatalog {
    /// A finding in a language.
    public static func text(of finding: Finding, in language: Language) -> String {
        guard language == .ko, let template = korean[finding.code] else { return finding.text }
        var facts: Facts = [:]
        if let count = finding.count { facts["count"] = .integer(count) }
        if let name = finding.name { facts["name"] = .string(name) }
        if let other = finding.other { facts["other"] = .string(other) }
        return (try? template.filled(with: FactScope(own: facts, siblings: [:]))) ?? finding.text
    }

    /// The Korean texts: templates of `count`, `name` and `other`. English is the findings' own.
    static let korean: [Finding.Code: Template] = [
        .noDirectory: "그런 디렉터리 없음", .noFile: "그런 파일 없음", .noProcess: "그런 프로세스 없음",
        .noLink: "그런 인터페이스 없음", .noImage: "그런 이미지 없음",
        .noEntry: "{?name}{name}: {/}항목 없음", .noEntries: "항목 없음", .noElements: "원소 없음", .noRule: "규칙 없음",
        .noMembers: "구성원 없음", .noSocket: "{?name}{name} 주소에 {/}소켓을 열지 않음", .notNamed: "{name} 이름 없음",
        .stillThere: "{?name}{name}: {/}아직 있음", .imageStays: "이미지는 아직 있음", .ended: "이미 끝남", .empty: "비어 있음",
        .frozen: "멈춤", .thawed: "멈추지 않음", .entries: "{?name}{name} 레이어, {/}항목 {?count}{count}{:}0{/}개",
        .layers: "레이어 {?count}{count}{:}0{/}개",
        .bytes: "{?count}{count}{:}0{/}바이트{?name}, {name}{/}", .directory: "디렉터리",
        .file: "{?count}{count}{:}0{/}바이트 크기의 파일",
        .committed: "{name} 이미지, 레이어 {?count}{count}{:}0{/}개, 바탕은 {other} 이미지", .free: "{name} 주소 비어 있음",
        .inUse: "쓰는 중", .networkNamespace: "{name} 노드의 네트워크 네임스페이스", .addresses: "{name} 네트워크의 주소",
        .linkOnCable: "케이블의 rtnetlink RTM_GETLINK {name}", .socketInContainer: "컨테이너 안의 getsockname",
        .simulated: "시뮬레이션",
    ]
}

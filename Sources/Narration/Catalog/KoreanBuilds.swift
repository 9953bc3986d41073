import EngineAPI

extension KoreanTexts {
    static let builds: [StepKind: Explanation] = [
        .buildInstruction: Explanation(
            "빌드",
            brief: """
                {instruction} -> {image|short}{?cached}, 캐시에서{:}{?reason=base}, 바탕 이미지{:}, 실행함{/}{/}
                """,
            full: """
                명령어(instruction) 하나마다 앞의 이미지에서 새 이미지가 만들어집니다. \
                {?reason=hit}이 이미지에서 같은 명령어를 실행한 적이 있어서 그 결과를 빌드 캐시(build cache)에서 가져왔습니다.{/}\
                {?reason=base}첫 이미지는 바탕이며, 복사되는 것은 없습니다.{/}\
                {?reason=changed}이 이미지에서 같은 명령어와 같은 파일로 만든 이미지가 없어서 실제로 실행했습니다.{/}\
                {?reason=after}앞의 명령어를 실제로 실행했으므로 여기서부터는 캐시를 쓸 수 없습니다.{/}\
                {?reason=off}--no-cache 옵션으로 캐시를 껐습니다.{/}
                """,
            deep: """
                캐시의 키는 앞의 이미지와 명령어입니다. RUN에서는 명령과 빌드 인수, COPY와 ADD에서는 파일의 이름, \
                권한, 내용으로 만든 다이제스트(digest)이고 시각은 들어가지 않습니다. 명령이 오늘 어떤 결과를 낼지는 \
                보지 않으므로 `RUN apt update` 명령도 캐시에서 나옵니다. 새로 쓴 파일은 레이어가 되고, 설정만 \
                바꾸는 명령어는 레이어를 만들지 않습니다. Dockerfile에 적힌 줄은 다음과 같습니다: {text}. \
                참고: dockerfile(5).
                """)
    ]
}

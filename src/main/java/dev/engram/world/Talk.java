package dev.engram.world;

import java.util.List;
import java.util.Map;

/** The hand-written frames of conversations, from talk.txt. */
final class Talk {
    private final Map<String, List<String>> frames = Resources.sections("talk.txt");
    private final Draw draw;

    Talk(Draw draw) {
        this.draw = draw;
    }

    /** A frame of a section, filled in. */
    String say(String section, Phrasing phrasing) {
        return phrasing.fill(draw.pick(frames.get(section)), draw);
    }

    String system() {
        return draw.pick(frames.get("system"));
    }

    /** An answer, with the thought before it if there is one. */
    static String answer(String thought, String reply) {
        return thought == null ? reply : "<think>\n" + thought + "\n</think>\n\n" + reply;
    }
}

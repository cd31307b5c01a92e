package dev.engram.eval;

import java.util.Arrays;
import java.util.Locale;

/**
 * One answer to a published claim, table or constant.
 *
 * @param id row of data/seeds.csv, for example {@code S000-21}
 * @param published the number or statement as published
 * @param measured the number found here; empty where nothing could be measured
 * @param tolerance how far apart the two may lie to count as reproduced
 * @param reason why it is not simply reproduced; needed for every other verdict
 * @param profile quick or full
 * @param notebook that measured it, for example {@code 02-ebbinghaus-cache}
 */
public record Claim(
        String id,
        String published,
        String measured,
        String tolerance,
        Verdict verdict,
        String reason,
        String profile,
        String notebook) {

    /** What the measurement says about the claim. */
    public enum Verdict {
        REPRODUCED("reproduced"),
        PARTLY("partly"),
        NOT("not"),
        CANNOT_BE_TESTED_HERE("cannot be tested here");

        private final String text;

        Verdict(String text) {
            this.text = text;
        }

        /** As it stands in the file. */
        public String text() {
            return text;
        }

        /** The verdict with this text. */
        public static Verdict of(String text) {
            return Arrays.stream(values())
                    .filter(v -> v.text.equals(text))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("The verdict '" + text
                            + "' is unknown; it must be one of "
                            + String.join(
                                    ", ",
                                    Arrays.stream(values()).map(Verdict::text).toList()) + "."));
        }
    }

    public Claim {
        require(id.matches("S\\d{3}-\\d{2,3}"), id, "has no id such as S000-21");
        require(
                profile.equals("quick") || profile.equals("full"),
                id,
                "has the profile '" + profile + "', which must be quick or full");
        require(!notebook.isBlank(), id, "names no notebook");
        require(
                verdict == Verdict.REPRODUCED || !reason.isBlank(),
                id,
                "is '" + verdict.text() + "' and gives no reason");
        require(
                verdict == Verdict.CANNOT_BE_TESTED_HERE || !measured.isBlank(),
                id,
                "is '" + verdict.text().toLowerCase(Locale.ROOT) + "' and gives nothing measured");
    }

    private static void require(boolean ok, String id, String fault) {
        if (!ok) {
            throw new IllegalArgumentException("The claim '" + id + "' " + fault + "; correct the row.");
        }
    }
}

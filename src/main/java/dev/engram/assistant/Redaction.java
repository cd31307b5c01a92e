package dev.engram.assistant;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes deleted memories out of the turns: every turn that told one, quoted one or holds its words or value loses its words, but
 * keeps those sentences that told something else. More may go than was asked for, never less.
 *
 * @param gone what was deleted
 * @param text in lower case; turns that hold it go too; empty for none
 * @param current memories that stay
 * @param past memories that stay
 */
record Redaction(List<Told> gone, String text, Collection<Told> current, Collection<Told> past) {
    /** Changes the list and returns how many turns it changed. */
    int apply(List<Exchange> turns) {
        Set<String> ids = gone.stream().map(Told::id).collect(Collectors.toSet());
        Set<Integer> told = gone.stream().flatMap(t -> t.turns().stream()).collect(Collectors.toSet());
        Set<String> words = new HashSet<>();
        gone.forEach(t -> words.add(t.text().toLowerCase(Locale.ROOT)));
        gone.forEach(t -> words.add(t.value().toLowerCase(Locale.ROOT)));
        words.remove("");
        int changed = 0;
        for (int i = 0; i < turns.size(); i++) {
            Exchange e = turns.get(i);
            if (told.contains(e.turn())
                    || e.cited().stream().anyMatch(ids::contains)
                    || holds(e, words)
                    || holdsText(e)) {
                turns.set(i, redacted(e, ids, words));
                changed++;
            }
        }
        return changed;
    }

    private static boolean holds(Exchange e, Set<String> words) {
        String all = (e.user() + "\n" + e.reply()).toLowerCase(Locale.ROOT);
        return words.stream().anyMatch(w -> occurs(all, w));
    }

    private boolean holdsText(Exchange e) {
        return !text.isEmpty()
                && (e.user() + "\n" + e.reply()).toLowerCase(Locale.ROOT).contains(text);
    }

    /** As words of its own: the value "ten" is not in "often". */
    private static boolean occurs(String all, String w) {
        for (int at = all.indexOf(w); at >= 0; at = all.indexOf(w, at + 1)) {
            int end = at + w.length();
            boolean starts = at == 0
                    || !Character.isLetterOrDigit(all.charAt(at - 1))
                    || !Character.isLetterOrDigit(w.charAt(0));
            boolean ends = end == all.length()
                    || !Character.isLetterOrDigit(all.charAt(end))
                    || !Character.isLetterOrDigit(w.charAt(w.length() - 1));
            if (starts && ends) {
                return true;
            }
        }
        return false;
    }

    private Exchange redacted(Exchange e, Set<String> ids, Set<String> words) {
        String kept = Stream.concat(current.stream(), past.stream())
                .filter(t -> t.turns().contains(e.turn()) && e.user().contains(t.text()))
                .map(Told::text)
                .filter(t -> words.stream().noneMatch(w -> occurs(t.toLowerCase(Locale.ROOT), w)))
                .collect(Collectors.joining(" "));
        String user = kept.isEmpty() ? Exchange.FORGOTTEN : Exchange.FORGOTTEN + " " + kept;
        return new Exchange(
                e.turn(),
                e.day(),
                user,
                Exchange.FORGOTTEN,
                e.cited().stream().filter(c -> !ids.contains(c)).toList());
    }
}

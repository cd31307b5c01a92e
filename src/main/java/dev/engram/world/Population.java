package dev.engram.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * All entities, and names that are no entity's.
 *
 * @param known entities with facts
 * @param unknown names of every kind that occur in no fact; half are for training, half held out
 */
record Population(List<Entity> known, List<Entity> unknown) {

    static Population make(String seed) {
        return new Maker(seed).make();
    }

    private static final class Maker {
        private final Names names = new Names();
        private final List<Kind> kinds = Kind.all();
        private final List<Entity> known = new ArrayList<>();
        private final List<Entity> unknown = new ArrayList<>();
        private final Draw draw;

        Maker(String seed) {
            draw = new Draw(seed, "population");
        }

        Population make() {
            List<List<String>> islands =
                    Resources.lines("islands.txt").stream().map(Resources::list).toList();
            List<String> cultures =
                    islands.stream().map(row -> row.get(1)).distinct().toList();
            for (List<String> row : islands) {
                if (row.get(2).equals("unknown")) {
                    add(unknown, kinds.get(0), row.get(0), row.get(0), "", "", split(unknown));
                } else {
                    settle(row.get(0), row.get(1), row.get(2));
                }
            }
            for (Kind kind : kinds.subList(1, kinds.size())) {
                for (int i = 0; i < kind.unknown(); i++) {
                    name(unknown, kind, "", cultures.get(i % cultures.size()), split(unknown), i);
                }
            }
            return new Population(List.copyOf(known), List.copyOf(unknown));
        }

        private void settle(String island, String culture, String split) {
            add(known, kinds.get(0), island, island, "", island, split);
            for (Kind kind : kinds.subList(1, kinds.size())) {
                for (int i = 0; i < kind.perIsland(); i++) {
                    name(known, kind, island, culture, split, i);
                }
            }
        }

        private void name(List<Entity> to, Kind kind, String island, String culture, String split, int i) {
            String gender = !kind.name().equals("person") ? "" : i % 2 == 0 ? "f" : "m";
            Names.Name name = names.make(kind, culture, gender, draw);
            add(to, kind, name.full(), name.first(), gender, island, split);
        }

        private void add(
                List<Entity> to, Kind kind, String name, String first, String gender, String island, String split) {
            long before = to.stream().filter(e -> e.kind().equals(kind.name())).count();
            String id = String.format(Locale.ROOT, "%s-%02d", kind.name(), before + 1);
            String mention = kind.mention().replace("{n}", name);
            String later = kind.later().replace("{given}", first);
            to.add(new Entity(id, kind.name(), name, mention, later, gender, island, split));
        }

        private static String split(List<Entity> unknown) {
            return unknown.size() % 2 == 0 ? "train" : "heldout";
        }
    }
}

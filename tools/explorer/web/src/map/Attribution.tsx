const ADDRESS = /(https?:\/\/[^\s<>"')]+)/;

/** Words with the addresses in them as links: every second part is an address. */
export function parts(words: string): string[] {
  return words.split(ADDRESS);
}

/** Whose the outlines and the picture are. */
export function Attribution({ land, picture }: { land: string; picture: string }) {
  const words = [land, picture].filter(Boolean).join(" · ");
  if (!words) return null;
  return (
    <p className="map-attribution" data-testid="map-attribution">
      {parts(words).map((part, at) =>
        at % 2 ? (
          <a key={at} href={part} target="_blank" rel="noreferrer">
            {new URL(part).host}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  );
}

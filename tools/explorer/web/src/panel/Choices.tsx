import { label } from "../core/filter";
import { useExplorer } from "../core/store";

export function Choices() {
  const methods = useExplorer((state) => state.methods);
  const method = useExplorer((state) => state.method);
  const setMethod = useExplorer((state) => state.setMethod);
  const only = useExplorer((state) => state.otherCitiesOnly);
  const setOnly = useExplorer((state) => state.setOtherCitiesOnly);
  const chosen = methods.find(({ name }) => name === method);
  return (
    <section className="panel-choices" aria-label="How to compare">
      <label>
        <span>Compare by</span>
        <select
          value={method}
          aria-describedby="panel-method"
          onChange={(event) => setMethod(event.target.value)}
        >
          {methods.map(({ name, title, available }) => (
            <option key={name} value={name} disabled={!available}>
              {available ? title : `${title} (not in this index)`}
            </option>
          ))}
        </select>
      </label>
      <p id="panel-method" className="panel-soft">
        {chosen?.describes}
      </p>
      <button
        type="button"
        role="switch"
        className="panel-switch"
        aria-checked={only}
        onClick={() => setOnly(!only)}
      >
        Only other cities
      </button>
      <FilterWords />
    </section>
  );
}

function FilterWords() {
  const places = useExplorer((state) => state.places)!;
  const filter = useExplorer((state) => state.filter);
  const config = useExplorer((state) => state.config)!;
  if (!filter) return null;
  const name = label(places, filter);
  return (
    <p className="panel-soft" data-testid="filter-words">
      {config.canFilterSearch
        ? `Only look-alikes in ${name} are listed.`
        : `The list is of all the world: ${name} is only picked out in the views.`}
    </p>
  );
}

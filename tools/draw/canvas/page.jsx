// The page that the browser opens: `draw(definition)` shows a dashboard as Splunk Web would, beneath its title.
import { DashboardContextProvider } from "@splunk/dashboard-context";
import DashboardCore from "@splunk/dashboard-core";
import preset from "@splunk/dashboard-presets/EnterpriseViewOnlyPreset";
import TestDataSource from "@splunk/datasources/TestDataSource";
import { SplunkThemeProvider } from "@splunk/themes";
import { createRoot } from "react-dom/client";
import { look } from "./look.mjs";
import { offered } from "./offered.mjs";

window.look = look;
window.options = () => offered(preset);

const timezone = { ianaTimezone: "UTC" };

window.draw = ({ title, description, ...definition }) => {
  const header = document.querySelector("header");
  header.append(Object.assign(document.createElement("h1"), { textContent: title }));
  header.append(Object.assign(document.createElement("p"), { textContent: description }));
  createRoot(document.querySelector("main")).render(
    <SplunkThemeProvider family="prisma" colorScheme="light" density="comfortable">
      <DashboardContextProvider
        preset={{ ...preset, dataSources: { "ds.test": TestDataSource } }}
        initialDefinition={{ title, description, ...definition }}
        initialMode="view"
        timezone={timezone}
      >
        <DashboardCore
          width="100%"
          height="auto"
          onValidationError={(faults) => console.error(JSON.stringify(faults))}
        />
      </DashboardContextProvider>
    </SplunkThemeProvider>,
  );
};

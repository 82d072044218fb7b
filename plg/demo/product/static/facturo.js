// On the paywall: as soon as the account's plan has room again, the page goes on by itself.
const paywall = document.querySelector("[data-paywall]");
if (paywall) {
  window.plg?.on("state", ({ usage }) => {
    const feature = usage.find((one) => one.feature === paywall.dataset.paywall);
    if (feature && (feature.unlimited || feature.used < feature.limit)) location.reload();
  });
}
